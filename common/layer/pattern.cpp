// SPDX-License-Identifier: Apache-2.0
#include "layer/pattern.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/glob.hpp"

namespace fn::layer {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view problem, std::string hint) {
  fail_hint(Kind::usage, std::move(hint), "pattern '{}' cannot match: {}", printable(text), problem);
}

std::string glob_of(std::string_view text) {
  std::string glob;
  for (const std::string& part : split(text, '/')) {
    if (part == "..") refuse(text, "'..' leads out of the source", "give a path inside the source");
    if (part.empty() || part == ".") continue;
    if (!glob.empty()) glob += '/';
    glob += part;
  }
  if (glob.empty()) refuse(text, "it names nothing inside the source", "leave it out to mean all");
  return glob;
}

}  // namespace

Pattern::Pattern(std::string_view text) : text_(text), glob_(glob_of(text)), only_directories_(text.ends_with('/')) {
  if (text.starts_with('!'))
    refuse(text, "'!' does not take a pattern back here", "list what to leave out, or write '\\!' for such a name");
  if (const auto mistake = glob_mistake(glob_))
    refuse(text, *mistake, "put '\\' before a character that stands for itself");
  if (text.starts_with('/') || text.starts_with("./")) glob_.insert(0, 1, '/');
}

bool Pattern::matches(std::string_view path, bool is_directory) const {
  return (is_directory || !only_directories_) && glob_match(glob_, path);
}

}  // namespace fn::layer
