// SPDX-License-Identifier: Apache-2.0
#include "package/parse.hpp"
#include "package/readers.hpp"

#include <utility>

namespace fn::package {
namespace {

// RFC 4180, as Python's csv module reads it: the first value of each row.
class FirstColumn {
 public:
  explicit FirstColumn(std::string_view text) : text_(text) {}

  // False at the end.
  bool next(std::string& value) {
    if (at_ == text_.size()) return false;
    value.clear();
    row_ = line_;
    for (bool first = true, more = true; more; first = false) {
      std::string cell;
      more = next_cell(first ? value : cell);
    }
    return true;
  }

  std::size_t row() const { return row_; }

 private:
  // Whether another cell follows in the row.
  bool next_cell(std::string& cell) {
    if (at_ < text_.size() && text_[at_] == '"') quoted(cell);
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ',' || c == '\n') {
        ++at_;
        line_ += c == '\n';
        return c == ',';
      }
      if (c != '\r') cell += c;
    }
    return false;
  }

  void quoted(std::string& cell) {
    while (++at_ < text_.size()) {
      if (text_[at_] == '"') {
        ++at_;
        if (at_ == text_.size() || text_[at_] != '"') return;
      }
      line_ += text_[at_] == '\n';
      cell += text_[at_];
    }
    fail(Kind::integrity, "line {}: unterminated quote", row_);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t row_ = 1;
};

}  // namespace

std::vector<Package> read_pip_metadata(std::string_view root, std::string_view bytes) {
  Package package;
  package.ecosystem = Ecosystem::pip;
  package.root = root;
  Lines lines(bytes);
  // Not further: old tools wrote descriptions that are not fields into what follows.
  while (package.name.empty() || package.version.empty()) {
    const auto field = next_field(lines);
    if (!field) break;
    if (field->is("Name")) package.name = field->value;
    if (field->is("Version")) package.version = field->value;
  }
  if (package.name.empty()) lines.refuse("the package has no name");
  if (package.version.empty()) lines.refuse("the package has no version");
  return {std::move(package)};
}

std::vector<Package> read_pip_record(std::string_view path, std::string_view bytes) {
  const std::string_view directory = directory_of(path);
  Package part;
  part.ecosystem = Ecosystem::pip;
  part.root = directory_of(directory);
  std::string_view name = last_component(directory);
  name.remove_suffix(std::string_view(".dist-info").size());
  part.name = name.substr(0, name.rfind('-'));
  FirstColumn rows(bytes);
  Quota quota;
  for (std::string file; rows.next(file);) {
    if (file.empty()) continue;
    while_doing([&] { return fmt::format("line {}", rows.row()); },
                [&] {
                  // For the work: a short row can go up through a long root.
                  quota.spend(part.root.size());
                  add_file(part, resolve(part.root, file), quota);
                });
  }
  sort_files(part);
  return {std::move(part)};
}

}  // namespace fn::package
