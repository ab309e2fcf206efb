// SPDX-License-Identifier: Apache-2.0
#include "image/markdown.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace fn::img {

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (std::string_view("|`*_<>[]\\&#").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string markdown_table(std::string_view title, const std::vector<std::string>& heads, const std::string& rows) {
  if (rows.empty()) return {};
  return fmt::format("### {}\n\n{}{}{}\n", title, markdown_row(heads),
                     markdown_row(std::vector<std::string>(heads.size(), "---")), rows);
}

}  // namespace fn::img
