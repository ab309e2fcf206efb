// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// A cell of a Markdown table: what would end it or begin markup of its own is escaped.
std::string markdown_cell(std::string_view text);
// A row of such cells.
std::string markdown_row(const std::vector<std::string>& cells);
// Rows below their titles and a heading; "" without rows.
std::string markdown_table(std::string_view title, const std::vector<std::string>& heads, const std::string& rows);

}  // namespace fn::img
