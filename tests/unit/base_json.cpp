// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace fn;
using namespace std::string_view_literals;

namespace {

std::string round_trip(std::string_view text) {
  return Json::parse(text, "text").dump();
}

std::string refusal(std::string_view text) {
  return error_of([&] { Json::parse(text, "manifest 'm'"); });
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("a document that is read and written again keeps its order and its numbers") {
  const auto text = R"({"z":1,"a":[null,true,false,-5,0.25,"x"],"m":{},"e":[],"big":9223372036854775807})";
  CHECK(round_trip(text) == text);
  CHECK(round_trip("-9223372036854775808") == "-9223372036854775808");
  CHECK(round_trip(" [ 1.0 , 1e300, -0.0 ] ") == "[1.0,1e+300,-0.0]");
  CHECK(round_trip(R"("\u00e9\ud83d\ude00\/")") == "\"\u00e9\U0001f600/\"");
}

TEST_CASE("an integer is never rounded") {
  CHECK(refusal("9223372036854775808") ==
        "integrity: manifest 'm' is not valid JSON: integer 9223372036854775808 is too large");
  CHECK(refusal("[18446744073709551616]") ==
        "integrity: manifest 'm' is not valid JSON: integer 18446744073709551616 is too large");
  CHECK(refusal("-9223372036854775809") ==
        "integrity: manifest 'm' is not valid JSON: integer -9223372036854775809 is too large");
  CHECK(refusal(std::string(300, '1')) ==
        "integrity: manifest 'm' is not valid JSON: integer " + std::string(40, '1') + " is too large");
  CHECK(refusal("1e999") == "integrity: manifest 'm' is not valid JSON: number overflow parsing '1e999'");
}

TEST_CASE("two readers can't see two values of one key") {
  CHECK(refusal(R"({"digest":1,"size":2,"digest":3})") ==
        "integrity: manifest 'm' is not valid JSON: key 'digest' occurs twice");
  CHECK(refusal(R"([{"a":{"b":1,"\u0062":2}}])") == "integrity: manifest 'm' is not valid JSON: key 'b' occurs twice");
  CHECK(round_trip(R"({"a":{"a":1},"b":{"a":1}})") == R"({"a":{"a":1},"b":{"a":1}})");
}

TEST_CASE("depth is bounded, for reading and for writing") {
  CHECK(round_trip(nested(64)) == nested(64));
  CHECK(refusal(nested(65)) == "integrity: manifest 'm' is not valid JSON: more than 64 levels");
  CHECK(refusal(std::string(1'000'000, '[')) == "integrity: manifest 'm' is not valid JSON: more than 64 levels");
  Json deep;
  for (int i = 0; i < 70; ++i) deep = Json::array().push(std::move(deep));
  CHECK(error_of([&] { deep.dump(); }) == "internal: a JSON document has more than 64 levels");
}

TEST_CASE("a document that is too large isn't looked at") {
  CHECK(error_of([] { Json::parse("[1,2]", "config", Kind::usage, 4); }) == "usage: config is larger than 4 bytes");
  CHECK(Json::parse("[1,2]", "config", Kind::usage, 5).as_array().size() == 2);
}

TEST_CASE("what is no JSON is refused, with the place") {
  CHECK(refusal("") ==
        "integrity: manifest 'm' is not valid JSON: line 1, column 1: syntax error while parsing value - "
        "unexpected end of input; expected '[', '{', or a literal");
  CHECK(refusal("{\n\"a\":x}") ==
        "integrity: manifest 'm' is not valid JSON: line 2, column 5: syntax error while parsing value - invalid "
        "literal");
  for (const auto text : {"{", "[1,]", "{} {}", "nul", "01", "'a'", "// c\n1", "\"\\ud800\"", "\"a\nb\"", "NaN",
                          "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\""}) {
    CAPTURE(text);
    CHECK(refusal(text).starts_with("integrity: manifest 'm' is not valid JSON: line "));
  }
}

TEST_CASE("nothing hides behind a zero byte") {
  CHECK(refusal("{}\0garbage"sv) == "integrity: manifest 'm' is not valid JSON: zero byte at offset 2");
  CHECK(Json::parse(R"("\u0000")", "text").as_string() == "\0"sv);
}

TEST_CASE("members are found, set, replaced and erased in place") {
  Json value;
  value.set("a", 1).set("b", "two").set("a", 3);
  CHECK(value.dump() == R"({"a":3,"b":"two"})");
  CHECK(value.find("c") == nullptr);
  CHECK(value.at("b").as_string() == "two");
  *value.find("b") = "three";
  value.erase("a");
  value.erase("missing");
  CHECK(value.dump() == R"({"b":"three"})");
}

TEST_CASE("a value of the wrong type is named") {
  const Json value = Json::parse(R"({"s":"x","n":5,"f":1.5,"nothing":null})", "text");
  CHECK(error_of([&] { value.at("n").as_string(); }) == "integrity: is not a string");
  CHECK(error_of([&] { value.at("f").as_integer(); }) == "integrity: is not an integer");
  CHECK(error_of([&] { value.at("n").as_bool(); }) == "integrity: is not true or false");
  CHECK(error_of([&] { value.as_array(); }) == "integrity: is not an array");
  CHECK(error_of([&] { value.at("s").as_object(); }) == "integrity: is not an object");
  CHECK(error_of([&] { value.at("digest"); }) == "integrity: 'digest' is missing");
  CHECK(error_of([&] { value.at("s").at("x"); }) == "integrity: is not an object");
  CHECK(error_of([&] { value.string_or("n", ""); }) == "integrity: 'n' is not a string");
  CHECK(error_of([&] { value.integer_or("s", 0); }) == "integrity: 's' is not an integer");
  CHECK(value.string_or("s", "other") == "x");
  CHECK(value.string_or("nothing", "other") == "other");
  CHECK(value.integer_or("n", 1) == 5);
  CHECK(value.integer_or("missing", 1) == 1);
}

TEST_CASE("a program that mixes up its types learns it") {
  Json text("x");
  CHECK(error_of([&] { text.set("a", 1); }) == "internal: 'a' was set in a JSON value that is not an object");
  CHECK(error_of([&] { text.push(1); }) == "internal: an item was added to a JSON value that is not an array");
  CHECK(error_of([] { Json(std::uint64_t{1} << 63); }) ==
        "internal: integer 9223372036854775808 is too large for JSON");
  CHECK(error_of([] { Json(std::numeric_limits<double>::infinity()).dump(); }) ==
        "internal: inf cannot be represented in JSON");
}

TEST_CASE("what is written is valid whatever the strings hold") {
  CHECK(Json("a\"b\\c\n\t\x01").dump() == R"("a\"b\\c\n\t\u0001")");
  CHECK(Json("\x7f\xc2\x9b[2J").dump() == R"("\u007f\u009b[2J")");
  CHECK(Json("a\xff\xe2\x82z").dump() == "\"a\ufffd\ufffd\ufffdz\"");
}

TEST_CASE("people get an indented document") {
  const Json value = Json::parse(R"({"a":[1,{"b":2}],"c":{},"d":[]})", "text");
  CHECK(value.dump(2) == R"({
  "a": [
    1,
    {
      "b": 2
    }
  ],
  "c": {},
  "d": []
})");
}

TEST_CASE("a million keys are checked in a moment") {
  std::string text = "{";
  for (int i = 0; i < 1'000'000; ++i) text += fmt::format("\"{}\":0,", i);
  text.back() = '}';
  CHECK(Json::parse(text, "text").as_object().size() == 1'000'000);
}

TEST_CASE("an array of strings, and nothing else in it") {
  const std::vector<std::string> words{"a", "", "b c"};
  CHECK(Json::strings(words).dump() == R"(["a","","b c"])");
  CHECK(Json::strings({}).dump() == "[]");
  CHECK(Json::strings(words).as_strings() == words);
  CHECK_THROWS_AS(Json::parse(R"(["a",1])", "test").as_strings(), Error);
  CHECK_THROWS_AS(Json::parse(R"({"a":"b"})", "test").as_strings(), Error);
}

TEST_CASE("a document is valid by its grammar alone") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string_view text : std::initializer_list<std::string_view>{
           "0", "-0.5e+10", "1e999", "123456789012345678901234567890", " [ ] ", "{}",
           "{\"a\":1,\"a\":[true,false,null,{}]}", R"("\ud800")", R"("\udc00\ud800\u0000")",
           R"("\"\\\/\b\f\n\r\t\uAbCd")", "\"\xf0\x9f\x98\x80\x7f\"", "\xef\xbb\xbf{}", deep})
    CHECK_MESSAGE(Json::is_valid(text), text.substr(0, 80));
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv,       " "sv,         "01"sv,          "+1"sv,         "-"sv,     "1."sv,       ".5"sv,
        "1e"sv,     "tru"sv,       "truee"sv,       "NaN"sv,        "'a'"sv,   "[1,]"sv,     "[,1]"sv,
        "[1 2]"sv,  "{\"a\"}"sv,   "{\"a\":}"sv,    "{\"a\":1,}"sv, "{a:1}"sv, "{1:1}"sv,    "["sv,
        "]"sv,      "[}"sv,        "{]"sv,          "{}{}"sv,       "{}\0"sv,  "\0"sv,       "\""sv,
        "\"\n\""sv, R"("\u12")"sv, R"("\ud8g0")"sv, R"("\x")"sv,    "\"\\"sv,  "\"\xff\""sv, "\"\xed\xa0\x80\""sv,
        "\v1"sv,    "1\xc2\xa0"sv})
    CHECK_MESSAGE(!Json::is_valid(text), text);
}
