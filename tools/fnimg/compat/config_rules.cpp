// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "compat/rules.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::img {
namespace {

bool has_line_for(const CheckedImage& image, const char* file, std::string_view name) {
  const std::string text = image.root().content(file).value_or("");
  for (const std::string& line : split(text, '\n'))
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') return true;
  return false;
}

void check_account(const CheckedImage& image, std::string_view kind, std::string_view name, const char* file,
                   Findings& findings) {
  if (name.empty() || parse_uint(name) || has_line_for(image, file, name)) return;
  findings.add({.rule = "config.user",
                .severity = Severity::does_not_start,
                .path = "config.user",
                .needs = fmt::format("{} {} in {}", kind, name, file),
                .layer = {},
                .since = {},
                .hint = fmt::format("name the {} by its number, or add a layer that has it", kind)});
}

}  // namespace

void check_config(const CheckedImage& image, Findings& findings) {
  const oci::Config& config = image.config();
  const bool has_entrypoint = !config.entrypoint.empty();
  const std::vector<std::string>& command = has_entrypoint ? config.entrypoint : config.cmd;
  if (!command.empty() && !image.has_command(command[0]))
    findings.add({.rule = "config.command",
                  .severity = Severity::does_not_start,
                  .path = has_entrypoint ? "config.entrypoint" : "config.cmd",
                  .needs = command[0],
                  .layer = {},
                  .since = {},
                  .hint = fmt::format("add a layer with {}", command[0])});
  const std::size_t colon = std::min(config.user.find(':'), config.user.size());
  const std::string_view user = config.user;
  check_account(image, "user", user.substr(0, colon), "/etc/passwd", findings);
  if (colon < user.size()) check_account(image, "group", user.substr(colon + 1), "/etc/group", findings);
}

}  // namespace fn::img
