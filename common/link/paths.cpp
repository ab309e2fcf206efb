// SPDX-License-Identifier: Apache-2.0
#include "link/paths.hpp"

#include <array>
#include <utility>

namespace fn::link {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether `text`, which begins behind a dollar, names `token`: how many bytes, else 0. Without braces a longer word is
// another one.
std::size_t token_length(std::string_view text, std::string_view token) {
  if (text.starts_with('{')) {
    text.remove_prefix(1);
    return text.starts_with(token) && text.substr(token.size()).starts_with('}') ? token.size() + 2 : 0;
  }
  if (!text.starts_with(token)) return 0;
  return text.size() == token.size() || !is_word(text[token.size()]) ? token.size() : 0;
}

}  // namespace

std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(0, slash == path.npos ? 0 : slash);
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string joined(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  return path.append(name);
}

std::vector<std::string> split_paths(std::string_view list, std::string_view separators) {
  std::vector<std::string> parts;
  if (list.empty()) return parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find_first_of(separators, at), list.size());
    parts.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string expanded(std::string_view text, const Tokens& tokens) {
  const std::array<std::pair<std::string_view, std::string_view>, 3> values{
      {{"ORIGIN", tokens.origin}, {"LIB", tokens.lib}, {"PLATFORM", tokens.platform}}};
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    text.remove_prefix(1);
    std::size_t length = 0;
    for (const auto& [token, value] : values) {
      length = token_length(text, token);
      if (length == 0) continue;
      out += value;
      break;
    }
    if (length == 0) out += '$';
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace fn::link
