// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace std::string_view_literals;

TEST_CASE("escapes of URLs are decoded, and what is none is kept") {
  CHECK(percent_decoded("a%2Fb%2fc%00") == std::string("a/b/c\0", 6));
  CHECK(percent_decoded("100%, %4, %zz%") == "100%, %4, %zz%");
  CHECK(percent_decoded("%2541") == "%41");
}

TEST_CASE("splitting keeps empty parts") {
  CHECK(split("a,b", ',') == std::vector<std::string>{"a", "b"});
  CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string>{""});
}

TEST_CASE("blanks around a value don't count") {
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(trim(" \n ") == "");
}

TEST_CASE("a number is digits and nothing else") {
  CHECK(parse_uint("0") == 0);
  CHECK(parse_uint("007") == 7);
  CHECK(parse_uint("18446744073709551615") == 18446744073709551615u);
  for (const auto text : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_uint(text));
  }
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("na\u00efve \u20ac \U0001f600"));
  CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
  const std::string_view bad[] = {"\x80",              // continuation without a start
                                  "\xc3",              // cut short
                                  "\xe2\x82",          // cut short
                                  "\xc0\xaf",          // '/' in two bytes
                                  "\xe0\x80\xaf",      // '/' in three
                                  "\xf0\x80\x80\xaf",  // '/' in four
                                  "\xed\xa0\x80",      // surrogate
                                  "\xf4\x90\x80\x80",  // above U+10FFFF
                                  "\xff",
                                  "a\xe2\x28\xa1"};
  for (const std::string_view text : bad) {
    CAPTURE(printable(text));
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("a file name can't play tricks on the terminal") {
  CHECK(printable("plain na\u00efve \u20ac") == "plain na\u00efve \u20ac");
  CHECK(printable("a\nb\tc\\d") == "a\\nb\\tc\\\\d");
  CHECK(printable("\x1b[2J\x7f\r") == "\\x1b[2J\\x7f\\x0d");
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\xc2\\x9b2J");  // CSI of ISO 6429 in one character
  CHECK(printable("\xc2\xa0") == "\xc2\xa0");
  CHECK(printable("app\u202egpj.sh") == "app\\xe2\\x80\\xaegpj.sh");
  for (const std::string_view unseen :
       {"\u200b", "\u200f", "\u2066", "\u2028", "\ufeff", "\u00ad", "\u3164", "\U000e0041"}) {
    CAPTURE(unseen);
    CHECK(printable(unseen).starts_with("\\x"));
  }
  const std::string_view seen = "\u05d0\u0639\u4e2d\u0e01\U0001f600\u00e9e\u0301";
  CHECK(printable(seen) == seen);
  CHECK(printable("\xff\xe2\x82") == "\\xff\\xe2\\x82");
  CHECK(printable("\0"sv) == "\\x00");
}

TEST_CASE("base64 answers the test vectors of RFC 4648") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\0"sv) == "//4A");
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xff\xfe\x01\x80"})
    CHECK(unbase64(base64(bytes)) == bytes);
  for (const std::string_view bad : {"Z", "Zg", "Zg=", "Zh==", "Zm9v=", "====", "Zm 9", "{\"a\":1}"})
    CHECK_FALSE(unbase64(bad).has_value());
}

TEST_CASE("a path is told by how it begins") {
  for (const auto path : {"/", "/a", ".", "..", "./a", "../a"}) CHECK(is_path(path));
  for (const auto name : {"", "a", "a/b", "-", ".a", "..a", "...", ".a/b"}) {
    CAPTURE(name);
    CHECK_FALSE(is_path(name));
  }
}

TEST_CASE("lines for people keep what makes them lines") {
  CHECK(printable_lines("a\\b\tc\nd\n") == "a\\b\tc\nd\n");
  CHECK(printable_lines("\x1b[2J\r\n\xff\xc3\xbc") == "\\x1b[2J\\x0d\n\\xff\xc3\xbc");
  CHECK(printable_lines("").empty());
}
