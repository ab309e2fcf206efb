// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "package/package.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Helpers of the database readers. Private to this folder.
namespace fn::package {

// The memory budget of one database. A few bytes of a hostile one can stand for a long path.
class Quota {
 public:
  explicit Quota(std::size_t bytes = std::size_t{256} << 20) : left_(bytes) {}
  void spend(std::size_t bytes);  // throws integrity

 private:
  std::size_t left_;
};

// `path` as seen from `directory` (or from the root, if it begins with a slash), without ".", ".." and double slashes.
// As in the kernel, ".." of the root is the root. Throws integrity for more than 4096 bytes and for a NUL.
std::string resolve(std::string_view directory, std::string_view path);

// Whether it can be one component of a path: not empty, no slash in it, neither "." nor "..".
bool is_file_name(std::string_view name);

// Appends the path, unless it is the root.
void add_file(Package& package, std::string path, Quota& quota);

// Sorts the files and removes duplicates.
void sort_files(Package& package);

// "a/b" of "a/b/c"; "" of "c".
std::string_view directory_of(std::string_view path);
std::string_view last_component(std::string_view path);

// The lines of a text, without their ends.
class Lines {
 public:
  enum class End { any, newline };  // newline: a last line without its newline is considered truncated

  explicit Lines(std::string_view text, End end = End::any) : rest_(text), end_(end) {}

  std::optional<std::string_view> next();
  bool done() const { return rest_.empty(); }
  [[noreturn]] void refuse(std::string_view why) const;  // integrity: "line N: WHY"

 private:
  std::string_view rest_;
  End end_;
  std::size_t number_ = 0;
};

// "Name: value", blanks around the value removed.
struct Field {
  std::string_view name;
  std::string_view value;

  bool is(std::string_view other) const;  // ignoring case
};

// The next field of a stanza; continuation lines are skipped. Nothing at a blank line and at the end.
std::optional<Field> next_field(Lines& lines);

}  // namespace fn::package
