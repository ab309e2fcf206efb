// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "compat/rules.hpp"
#include "image/path_lookup.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

bool leads_somewhere(const CheckedImage& image, std::string_view path) {
  return find_path_if_there(image.tree(), path, Follow::all).has_value();
}

bool is_lost_path(const CheckedImage& before, const CheckedImage& after, std::string_view path) {
  return leads_somewhere(before, path) && !leads_somewhere(after, path);
}

void tell_config(const CheckedImage& before, std::string setting, const std::string& path, Severity severity,
                 Findings& findings) {
  findings.add({.rule = "config.path",
                .severity = severity,
                .path = std::move(setting),
                .needs = path,
                .layer = {},
                .since = {},
                .hint = fmt::format("{} has it; set another, or add a layer with it", before.name())});
}

void check_variable(const CheckedImage& before, const CheckedImage& after, const std::string& setting,
                    Findings& findings) {
  const std::size_t equals = setting.find('=');
  if (equals == setting.npos) return;
  const std::vector<std::string> paths = split(std::string_view(setting).substr(equals + 1), ':');
  // Of a list, others may do.
  const Severity severity = paths.size() == 1 ? Severity::fails_when_used : Severity::notice;
  for (const std::string& path : paths)
    if (path.starts_with('/') && is_lost_path(before, after, path))
      tell_config(before, "config.env." + setting.substr(0, equals), path, severity, findings);
}

}  // namespace

void check_links(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  for (const layer::Node& node : after.tree().nodes()) {
    const std::string& path = node.entry.path;
    if (node.entry.type != layer::Type::symlink || !is_lost_path(before, after, path)) continue;
    const auto place = find_path_if_there(before.tree(), path, Follow::all);
    findings.add({.rule = "files.link",
                  .severity = is_documentation(path) ? Severity::notice : Severity::fails_when_used,
                  .path = path,
                  .needs = node.entry.link,
                  .layer = after.layer_of(path),
                  .since = {},
                  .hint = fmt::format("in {} it led to {}, in layer '{}'", before.name(), place->path,
                                      before.layer_of(place->path))});
  }
  const oci::Config& config = after.config();
  if (!config.working_dir.empty() && is_lost_path(before, after, config.working_dir))
    tell_config(before, "config.working_dir", config.working_dir, Severity::fails_when_used, findings);
  for (const std::string& setting : config.env) check_variable(before, after, setting, findings);
}

}  // namespace fn::img
