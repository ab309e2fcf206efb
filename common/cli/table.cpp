// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::cli {
namespace {

constexpr std::string_view gap = "  ";

std::string_view code(Style style) {
  switch (style) {
    case Style::bold:
      return "1";
    case Style::dim:
      return "2";
    case Style::red:
      return "31";
    case Style::green:
      return "32";
    case Style::yellow:
      return "33";
  }
  return "";
}

std::string line(const std::vector<std::string>& cells, const std::vector<Table::Column>& columns,
                 const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += gap;
    const std::string padding(widths[i] - text_width(cells[i]), ' ');
    text += columns[i].align == Table::Align::right ? padding + cells[i] : cells[i] + padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

void Table::row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    fail(Kind::internal, "a row of {} cells in a table of {} columns", cells.size(), columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::str(bool color) const {
  if (rows_.empty()) return {};
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(text_width(column.title));
  }
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], text_width(row[i]));

  std::string text;
  if (const std::string title = line(titles, columns_, widths); !title.empty())
    text = styled(title, Style::bold, color) + '\n';
  for (const auto& row : rows_) text += line(row, columns_, widths) + '\n';
  return text;
}

std::size_t text_width(std::string_view text) {
  // All bytes but the continuations of UTF-8.
  return std::size_t(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string styled(std::string_view text, Style style, bool color) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code(style), text) : std::string(text);
}

}  // namespace fn::cli
