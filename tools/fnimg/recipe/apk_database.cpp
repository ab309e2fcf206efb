// SPDX-License-Identifier: Apache-2.0
#include "recipe/apk_database.hpp"

#include "base/text.hpp"
#include "layer/read_contents.hpp"
#include "recipe/text_item.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace fn::img {
namespace {

constexpr std::string_view record_path = "lib/apk/db/installed";  // where fn-archive puts that of a package
constexpr std::string_view merged_path = "usr/lib/apk/db/installed";

bool is_database(const layer::Item& item) {
  return item.entry.type == layer::Type::file && (item.entry.path == record_path || item.entry.path == merged_path);
}

// "P:NAME" of a package's lines.
std::string name_line(std::string_view record) {
  for (const std::string& line : split(record, '\n'))
    if (line.starts_with("P:")) return line;
  return {};
}

// The records of a database, each with the blank line at its end.
std::vector<std::string> records_of(const std::string& installed) {
  std::vector<std::string> records;
  for (std::size_t begin = 0; begin < installed.size();) {
    const std::size_t blank = installed.find("\n\n", begin);
    const std::size_t end = blank == std::string::npos ? installed.size() : blank + 2;
    records.push_back(installed.substr(begin, end - begin));
    begin = end;
  }
  return records;
}

}  // namespace

void ApkDatabase::begin(std::string path, std::string installed) {
  path_ = std::move(path);
  installed_ = std::move(installed);
}

void ApkDatabase::add(const std::string& record) {
  std::vector<std::string> records = records_of(installed_);
  std::erase_if(records, [&](const std::string& other) { return name_line(other) == name_line(record); });
  installed_.clear();
  for (const std::string& other : records) installed_ += other;
  installed_ += record;
}

void ApkDatabase::combine(std::vector<Part>& parts) {
  bool has_packages = false;
  std::int64_t mtime = 0;
  for (Part& part : parts) {
    for (const layer::Item& item : part.items) {
      // Where lib is a link, nothing can be below it.
      if (item.entry.path == "lib" && item.entry.type == layer::Type::symlink) path_ = merged_path;
      if (!is_database(item) || item.entry.size == 0) continue;
      if (!part.is_package) {
        path_ = item.entry.path;
        installed_ = layer::read_content(item);
        continue;
      }
      add(layer::read_content(item));
      has_packages = true;
      mtime = std::max(mtime, item.entry.mtime);
    }
    if (part.is_package) std::erase_if(part.items, is_database);
  }
  if (!has_packages) return;
  Part database;
  database.items.push_back(text_item(path_, installed_, mtime));
  parts.push_back(std::move(database));
}

bool is_apk(const std::string& path) {
  std::string ending = path.substr(path.size() - std::min<std::size_t>(path.size(), 4));
  std::transform(ending.begin(), ending.end(), ending.begin(), ascii_lower);
  return ending == ".apk";
}

}  // namespace fn::img
