// SPDX-License-Identifier: Apache-2.0
#include "compat/linking.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

std::string where_it_was(const CheckedImage& earlier, std::string_view name) {
  const std::string path = object_named(earlier, name);
  if (path.empty()) return fmt::format("add a layer with {}", name);
  return fmt::format("{} has it as {}, in layer '{}'", earlier.name(), path, earlier.layer_of(path));
}

Finding of_interpreter(const Told& told, const link::Finding& found) {
  const bool is_missing = found.problem == link::Problem::interpreter_missing;
  return {.rule = "loader.interpreter",
          .severity = told.missing(),
          .path = told.path_of(found.object),
          .needs = std::string(found.library),
          .layer = told.image.layer_of(told.path_of(found.object)),
          .since = {},
          .hint = is_missing ? "take a runtime with this C library and for this machine"
                             : fmt::format("{} is for another machine", found.path)};
}

Finding of_library(const Told& told, const link::Finding& found) {
  const std::string path = told.path_of(found.object);
  Finding finding{.rule = "loader.library",
                  .severity = told.missing(),
                  .path = path,
                  .needs = std::string(found.library),
                  .layer = told.image.layer_of(path),
                  .since = {},
                  .hint = where_it_was(told.earlier, found.library)};
  if (found.problem == link::Problem::library_unusable)
    finding.hint = fmt::format("{} is not a library for this machine", found.path);
  const bool is_new = counterpart(told.earlier, told.image, path).empty();
  if (!told.is_program && is_new && !object_named(told.image, found.library).empty()) {
    finding.severity = Severity::notice;
    finding.hint = "whoever loads it must have loaded that before";
  }
  return finding;
}

}  // namespace

bool check_loading(const Told& told, Findings& findings) {
  for (const link::Finding& found : told.closure.findings) {
    const bool is_interpreter =
        found.problem == link::Problem::interpreter_missing || found.problem == link::Problem::interpreter_unusable;
    if (!is_interpreter) continue;
    findings.add(of_interpreter(told, found));
    return false;
  }
  for (const link::Finding& found : told.closure.findings) {
    const bool is_library =
        found.problem == link::Problem::library_missing || found.problem == link::Problem::library_unusable;
    if (is_library && told.tells_of(found.object)) findings.add(of_library(told, found));
  }
  return true;
}

}  // namespace fn::img
