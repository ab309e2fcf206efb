// SPDX-License-Identifier: Apache-2.0
#include "recipe/package_databases.hpp"

#include "base/text.hpp"
#include "image/path_lookup.hpp"
#include "layer/read_contents.hpp"
#include "package/rpm_store.hpp"
#include "recipe/text_item.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace fn::img {
namespace {

constexpr std::string_view apk_record = "lib/apk/db/installed";
constexpr std::string_view apk_merged = "usr/lib/apk/db/installed";

constexpr std::string_view rpm_path = "usr/lib/sysimage/rpm/Packages.db";

bool is_file(const layer::Item& item, std::string_view path) {
  return item.entry.type == layer::Type::file && item.entry.size > 0 && item.entry.path == path;
}

// "P:NAME" of a package's lines.
std::string name_line(std::string_view record) {
  for (const std::string& line : split(record, '\n'))
    if (line.starts_with("P:")) return line;
  return {};
}

}  // namespace

void PackageDatabases::begin(const layer::Tree& base, const std::function<std::string(const layer::Node&)>& read) {
  const auto find = [&](std::string_view path) {
    auto place = find_path_if_there(base, path, Follow::all);
    if (place && (place->is_directory() || place->node->entry.size == 0)) place.reset();
    return place;
  };
  for (const std::string_view path : {apk_merged, apk_record})
    if (const auto place = find(path)) {
      apk_path_ = place->path;
      apk_ = apk_records(read(*place->node));
    }
  if (const auto place = find(rpm_path)) rpm_ = rpm_records(read(*place->node));
}

PackageDatabases::Kind PackageDatabases::kind_of(const std::string& path) {
  const std::string name = lower_case(path);
  return name.ends_with(".apk") ? Kind::apk : name.ends_with(".rpm") ? Kind::rpm : Kind::other;
}

// Each with the blank line at its end.
PackageDatabases::Records PackageDatabases::apk_records(const std::string& installed) {
  Records records;
  for (std::size_t begin = 0; begin < installed.size();) {
    const std::size_t blank = installed.find("\n\n", begin);
    const std::size_t end = blank == std::string::npos ? installed.size() : blank + 2;
    std::string text = installed.substr(begin, end - begin);
    records.push_back({name_line(text), std::move(text)});
    begin = end;
  }
  return records;
}

PackageDatabases::Records PackageDatabases::rpm_records(const std::string& store) {
  Records records;
  for (std::string& header : package::rpm_headers(store)) records.push_back({package::rpm_place(header), header});
  return records;
}

// The newer of two packages of one name is what is there.
void PackageDatabases::add(Records& records, Record record) {
  std::erase_if(records, [&](const Record& other) { return other.place == record.place; });
  records.push_back(std::move(record));
}

// True for a record of a package, which then is taken.
bool PackageDatabases::take_apk(const layer::Item& item, bool is_package) {
  // Where lib is a link, nothing can be below it.
  if (item.entry.path == "lib" && item.entry.type == layer::Type::symlink) apk_path_ = apk_merged;
  if (!is_file(item, apk_record) && !is_file(item, apk_merged)) return false;
  std::string text = layer::read_content(item);
  if (is_package) {
    add(apk_, {name_line(text), std::move(text)});
  } else {
    apk_path_ = item.entry.path;
    apk_ = apk_records(text);
  }
  return is_package;
}

bool PackageDatabases::take_rpm(const layer::Item& item, bool is_package) {
  if (!is_file(item, rpm_path)) return false;
  std::string text = layer::read_content(item);
  if (is_package)
    add(rpm_, {package::rpm_place(text), std::move(text)});
  else
    rpm_ = rpm_records(text);
  return is_package;
}

void PackageDatabases::combine(std::vector<Part>& parts) {
  bool has_apk = false;
  bool has_rpm = false;
  std::int64_t mtime = 0;
  for (Part& part : parts)
    std::erase_if(part.items, [&](const layer::Item& item) {
      const bool apk = take_apk(item, part.kind == Kind::apk);
      const bool rpm = take_rpm(item, part.kind == Kind::rpm);
      if (apk || rpm) mtime = std::max(mtime, item.entry.mtime);
      has_apk = has_apk || apk;
      has_rpm = has_rpm || rpm;
      return apk || rpm;
    });
  Part databases;
  if (has_apk) {
    std::string installed;
    for (const Record& record : apk_) installed += record.text;
    databases.items.push_back(text_item(apk_path_, std::move(installed), mtime));
  }
  if (has_rpm) {
    std::vector<std::string> headers;
    for (const Record& record : rpm_) headers.push_back(record.text);
    databases.items.push_back(text_item(std::string(rpm_path), package::make_rpm_store(headers), mtime));
  }
  if (!databases.items.empty()) parts.push_back(std::move(databases));
}

}  // namespace fn::img
