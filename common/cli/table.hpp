// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

// Text in aligned columns, two blanks between them, no blanks at line ends. Cells go through printable(); width is
// counted in code points.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns);
  void row(const std::vector<std::string>& cells);
  // With a title line (bold with `color`) unless all titles are empty; "" without rows.
  std::string str(bool color = false) const;
  // The same in pieces of whole lines.
  void write(const std::function<void(std::string_view)>& out, bool color) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  // The cells of all rows, one after the other, and where each ends: tables have hundreds of thousands of rows.
  std::string cells_;
  std::vector<std::size_t> ends_;
};

// The width of UTF-8 text, counted in code points.
std::size_t text_width(std::string_view text);

// SGR codes around `text` if `color`.
enum class Style { bold, dim, red, green, yellow };
std::string styled(std::string_view text, Style style, bool color);

}  // namespace fn::cli
