// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::cli {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t piece = 64 * 1024;  // bytes of text, for one write

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

void add_cell(std::string& text, std::string_view cell, Table::Align align, std::size_t width) {
  const std::size_t padding = width - text_width(cell);
  if (align == Table::Align::right) text.append(padding, ' ');
  text += cell;
  if (align == Table::Align::left) text.append(padding, ' ');
}

// Appends a line of the cells that `next` gives, one after the other.
template <typename Next>
void add_line(std::string& text, const std::vector<Table::Column>& columns, const std::vector<std::size_t>& widths,
              Next&& next) {
  const std::size_t begin = text.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) text += gap;
    add_cell(text, next(i), columns[i].align, widths[i]);
  }
  while (text.size() > begin && text.back() == ' ') text.pop_back();
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) widths_.push_back(text_width(column.title));
}

void Table::row(const std::vector<std::string>& cells) {
  if (cells.size() != columns_.size())
    fail(Kind::internal, "a row of {} cells in a table of {} columns", cells.size(), columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = printable(cells[i]);
    widths_[i] = std::max(widths_[i], text_width(cell));
    cells_ += cell;
    ends_.push_back(cells_.size());
  }
}

std::string Table::str(bool color) const {
  std::string text;
  write([&](std::string_view lines) { text += lines; }, color);
  return text;
}

void Table::write(const std::function<void(std::string_view)>& out, bool color) const {
  if (ends_.empty()) return;
  std::string text;
  add_line(text, columns_, widths_, [&](std::size_t i) { return std::string_view(columns_[i].title); });
  if (!text.empty()) text = styled(text, Style::bold, color) + '\n';
  std::size_t begin = 0;
  for (std::size_t n = 0; n < ends_.size();) {
    add_line(text, columns_, widths_, [&](std::size_t) {
      const std::string_view cell(cells_.data() + begin, ends_[n] - begin);
      begin = ends_[n++];
      return cell;
    });
    text += '\n';
    if (text.size() < piece && n < ends_.size()) continue;
    out(text);
    text.clear();
  }
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
