// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>

using namespace fn;

TEST_CASE("a caller that knows more says where it happened, and the hint stays") {
  const auto read_layer = [] { fail_hint(Kind::integrity, "run 'fnimg fsck'", "blob '{}' is corrupt", "ab"); };
  CHECK(error_of([&] { while_doing([] { return "while applying layer 2"; }, read_layer); }) ==
        "integrity: while applying layer 2: blob 'ab' is corrupt (run 'fnimg fsck')");
}

TEST_CASE("what works costs no message") {
  bool asked = false;
  const auto context = [&] {
    asked = true;
    return "context";
  };
  CHECK(while_doing(context, [] { return 7; }) == 7);
  CHECK_FALSE(asked);
}

TEST_CASE("scripts rely on the exit codes") {
  CHECK(int(Kind::usage) == 2);
  CHECK(int(Kind::failure) == 3);
  CHECK(int(Kind::not_found) == 4);
  CHECK(int(Kind::busy) == 5);
  CHECK(int(Kind::integrity) == 6);
  CHECK(int(Kind::unsupported) == 7);
  CHECK(int(Kind::partial) == 8);
  CHECK(int(Kind::internal) == 70);
  CHECK(int(Kind::timeout) == 124);
}

TEST_CASE("and on the names of the kinds in JSON errors") {
  CHECK(kind_name(Kind::usage) == "usage");
  CHECK(kind_name(Kind::failure) == "failure");
  CHECK(kind_name(Kind::not_found) == "not_found");
  CHECK(kind_name(Kind::busy) == "busy");
  CHECK(kind_name(Kind::integrity) == "integrity");
  CHECK(kind_name(Kind::unsupported) == "unsupported");
  CHECK(kind_name(Kind::partial) == "partial");
  CHECK(kind_name(Kind::internal) == "internal");
  CHECK(kind_name(Kind::timeout) == "timeout");
}
