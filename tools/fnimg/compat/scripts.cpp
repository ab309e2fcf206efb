// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "compat/rules.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

// The command that env(1) would start, for what the kernel gives it: all of the line's rest as one argument.
std::string command_of_env(std::string_view argument) {
  if (!argument.starts_with('-')) return std::string(argument);
  std::string_view rest = argument;
  for (const std::string_view split_flag : {"-S", "-vS", "--split-string="})
    if (rest.starts_with(split_flag)) rest.remove_prefix(split_flag.size());
  bool takes_value = false;
  for (const std::string& word : split(rest, ' ')) {
    if (word.empty()) continue;
    if (takes_value) {
      takes_value = false;
      continue;
    }
    takes_value = word == "-u" || word == "-C";
    if (word.starts_with('-') || word.find('=') != word.npos) continue;
    return word;
  }
  return {};
}

struct FirstLine {
  std::string interpreter;
  std::string argument;
};

FirstLine parsed(std::string_view text) {
  const std::string_view line = trim(text.substr(2, text.find('\n') == text.npos ? text.npos : text.find('\n') - 2));
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  return {std::string(line.substr(0, end)), std::string(trim(line.substr(end)))};
}

// What the script needs and the image lacks; "" if nothing.
std::string missing_for(const CheckedImage& image, const FirstLine& line) {
  if (line.interpreter.empty()) return {};
  if (!image.has_command(line.interpreter)) return line.interpreter;
  if (!line.interpreter.ends_with("/env")) return {};
  const std::string command = command_of_env(line.argument);
  return command.empty() || image.has_command(command) ? std::string() : command;
}

}  // namespace

bool is_documentation(std::string_view path) {
  return path.starts_with("usr/share/doc/") || path.starts_with("usr/share/man/") ||
         path.starts_with("usr/share/info/");
}

void check_scripts(const CheckedImage& image, Findings& findings) {
  for (const auto& [path, text] : image.facts().texts) {
    if (!text.starts_with("#!")) continue;
    const layer::Node* node = image.tree().find(path);
    if (!node || (image.tree().file_of(*node).entry.mode & 0111) == 0) continue;
    const std::string missing = missing_for(image, parsed(text));
    if (missing.empty()) continue;
    findings.add({.rule = "scripts.interpreter",
                  .severity = is_documentation(path) ? Severity::notice : Severity::does_not_start,
                  .path = path,
                  .needs = missing,
                  .layer = image.layer_of(path),
                  .since = {},
                  .hint = fmt::format("add a layer with {}", missing)});
  }
}

}  // namespace fn::img
