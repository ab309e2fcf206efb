// SPDX-License-Identifier: Apache-2.0
#include "base/json_bytes.hpp"
#include "error_of.hpp"

#include <doctest/doctest.h>

using namespace fn;

TEST_CASE("text of any bytes comes back from a document") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& text : {std::string(), std::string("/a/\u00fc"), std::string("h\xff"), all}) {
    const std::string document = Json::object().set("x", json_of_bytes(text)).dump();
    CHECK(bytes_of(Json::parse(document, "document").at("x")) == text);
  }
  CHECK(json_of_bytes("plain").is_string());
  CHECK(json_of_bytes("h\xff").dump() == R"({"hex":"68ff"})");
  const std::vector<std::string> list{"a", "", "\xfe"};
  CHECK(list_of_bytes(Json::parse(json_of_bytes(list).dump(), "list")) == list);
}

TEST_CASE("what is neither text nor hexadecimal is refused") {
  for (const char* text :
       {"1", "null", "[]", "{}", R"({"hex":1})", R"({"hex":"0"})", R"({"hex":"0g"})", R"({"hex":"FF"})"})
    CHECK(error_of([&] { bytes_of(Json::parse(text, "document")); }).starts_with("integrity: "));
  CHECK(error_of([] { list_of_bytes(Json("a")); }).starts_with("integrity: "));
}
