// SPDX-License-Identifier: Apache-2.0
#include "compat/rules.hpp"
#include "link/loader.hpp"
#include "link/search.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::img {
namespace {

Finding of_note(const CheckedImage& image, const std::string& path, const elf::DlopenNote& note) {
  const bool is_required = note.priority == elf::DlopenNote::Priority::required;
  return {.rule = "loader.dlopen",
          .severity = is_required ? Severity::fails_when_used : Severity::notice,
          .path = path,
          .needs = fmt::format("{}", fmt::join(note.sonames, " or ")),
          .layer = image.layer_of(path),
          .since = {},
          .hint = note.feature.empty() ? "it loads that by itself" : fmt::format("it is for '{}'", note.feature)};
}

}  // namespace

void check_dlopen_notes(const CheckedImage& image, Findings& findings) {
  link::Search search(image.root(), image.link_options());
  for (const auto& [path, facts] : image.facts().objects) {
    if (facts.dlopen.empty()) continue;
    const std::string interpreter =
        facts.interpreter.empty() ? link::usual_interpreter(facts, image.root()) : facts.interpreter;
    const link::Loader loader = link::loader_at(interpreter, facts, image.root());
    const link::Requester requester{
        .facts = &facts, .origin = '/' + std::string(layer::parent_path(path)), .loaded_by = nullptr};
    for (const elf::DlopenNote& note : facts.dlopen) {
      const bool is_there = std::any_of(note.sonames.begin(), note.sonames.end(), [&](const std::string& name) {
        return search.find(loader, name, requester).has_value();
      });
      if (!is_there && !note.sonames.empty()) findings.add(of_note(image, path, note));
    }
  }
}

}  // namespace fn::img
