// SPDX-License-Identifier: Apache-2.0
#include "base/environment.hpp"

#include <doctest/doctest.h>

using namespace fn;
using List = std::vector<std::string>;

TEST_CASE("a variable is found by its whole name, and its value is all behind the first '='") {
  const List list{"PATH=/bin", "PATH_INFO=x", "EMPTY=", "TWO=a=b"};
  CHECK(environment::get(list, "PATH") == "/bin");
  CHECK(environment::get(list, "PATH_INFO") == "x");
  CHECK(environment::get(list, "EMPTY") == "");
  CHECK(environment::get(list, "TWO") == "a=b");
  CHECK_FALSE(environment::get(list, "PAT"));
  CHECK_FALSE(environment::get(list, "path"));
}

TEST_CASE("a variable is set where it stands, or at the end") {
  List list{"A=1", "AB=2"};
  environment::set(list, "A=3");
  environment::set(list, "B=");
  CHECK(list == List{"A=3", "AB=2", "B="});
}

TEST_CASE("what has a value keeps it, be that empty") {
  List list{"A=", "AB=2"};
  environment::set_if_missing(list, "A=3");
  environment::set_if_missing(list, "B=4");
  CHECK(list == List{"A=", "AB=2", "B=4"});
}
