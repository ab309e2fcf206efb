// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fn::layer {

// A pattern for paths of a source, with the habits of gitignore(5): "/" or "./" in front, or a "/" inside, ties it to
// the source's root; "/" at the end means directories only. The rest is glob_match().
class Pattern {
 public:
  // Implicit, as the constructors of paths are. Throws usage for what no path can match: an unclosed "[", "..", "".
  Pattern(std::string_view text);  // NOLINT(google-explicit-constructor)
  Pattern(const char* text) : Pattern(std::string_view(text)) {}
  Pattern(const std::string& text) : Pattern(std::string_view(text)) {}

  bool matches(std::string_view path, bool is_directory) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;  // as it was written
  std::string glob_;
  bool only_directories_;
};

}  // namespace fn::layer
