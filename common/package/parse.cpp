// SPDX-License-Identifier: Apache-2.0
#include "package/parse.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::package {
namespace {

constexpr std::size_t max_path = 4096;

void append_components(std::string& out, std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view component = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      out.resize(directory_of(out).size());
    } else {
      if (!out.empty()) out += '/';
      out += component;
    }
  }
}

}  // namespace

void Quota::spend(std::size_t bytes) {
  if (bytes > left_) fail(Kind::integrity, "its names exceed the memory limit");
  left_ -= bytes;
}

std::string resolve(std::string_view directory, std::string_view path) {
  if (path.size() > max_path) fail(Kind::integrity, "a path is longer than {} bytes", max_path);
  if (path.find('\0') != path.npos) fail(Kind::integrity, "a path contains a NUL byte");
  std::string out;
  if (!path.starts_with('/')) append_components(out, directory);
  append_components(out, path);
  if (out.size() > max_path) fail(Kind::integrity, "a path is longer than {} bytes", max_path);
  return out;
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name.find('/') == name.npos && name != "." && name != "..";
}

void add_file(Package& package, std::string path, Quota& quota) {
  if (path.empty()) return;
  quota.spend(sizeof(std::string) + path.size());
  package.files.push_back(std::move(path));
}

void sort_files(Package& package) {
  std::sort(package.files.begin(), package.files.end());
  package.files.erase(std::unique(package.files.begin(), package.files.end()), package.files.end());
}

std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(0, slash == path.npos ? 0 : slash);
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::optional<std::string_view> Lines::next() {
  if (rest_.empty()) return std::nullopt;
  ++number_;
  const std::size_t newline = rest_.find('\n');
  if (newline == rest_.npos && end_ == End::newline) refuse("it is truncated");
  const std::string_view line = rest_.substr(0, newline);
  rest_.remove_prefix(newline == rest_.npos ? rest_.size() : newline + 1);
  return line;
}

void Lines::refuse(std::string_view why) const {
  fail(Kind::integrity, "line {}: {}", number_, why);
}

bool Field::is(std::string_view other) const {
  return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                    [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

std::optional<Field> next_field(Lines& lines) {
  while (const auto line = lines.next()) {
    // A line of blanks goes on a field in Python's files, and is not in dpkg's.
    if (line->empty() || *line == "\r") return std::nullopt;
    if (line->front() == ' ' || line->front() == '\t') continue;
    const std::size_t colon = line->find(':');
    if (colon == line->npos || colon == 0) lines.refuse("not of the form 'Name: value'");
    return Field{line->substr(0, colon), trim(line->substr(colon + 1))};
  }
  return std::nullopt;
}

}  // namespace fn::package
