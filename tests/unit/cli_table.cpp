// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/table.hpp"

#include <doctest/doctest.h>

using namespace fn::cli;

TEST_CASE("columns are aligned and no line ends with blanks") {
  Table table({{"NAME"}, {"SIZE", Table::Align::right}, {"NOTE"}});
  table.row({"a", "1.0 MB", "x"});
  table.row({"longer", "9 B", ""});
  CHECK(table.str() == "NAME      SIZE  NOTE\na       1.0 MB  x\nlonger     9 B\n");
}

TEST_CASE("a table without rows is nothing, one without titles has no title line") {
  CHECK(Table({{"NAME"}}).str().empty());
  Table table({{""}, {""}});
  table.row({"a", "b"});
  CHECK(table.str() == "a  b\n");
}

TEST_CASE("cells are counted in code points and can't speak to the terminal") {
  Table table({{"N"}, {"M"}});
  table.row({"zażółć", "1"});
  table.row({"\x1b[2J", "2"});
  CHECK(table.str() == "N        M\nzażółć   1\n\\x1b[2J  2\n");
}

TEST_CASE("the title is bold in colour") {
  Table table({{"N"}});
  table.row({"1"});
  CHECK(table.str(true) == "\x1b[1mN\x1b[0m\n1\n");
  CHECK(styled("x", Style::green, false) == "x");
}

TEST_CASE("a row of the wrong length is a bug") {
  Table table({{"N"}});
  CHECK_THROWS_WITH_AS(table.row({"1", "2"}), "a row of 2 cells in a table of 1 columns", fn::Error);
}
