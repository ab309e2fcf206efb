// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "function/published_port.hpp"

#include <doctest/doctest.h>

using namespace fn;
using function::Settings;

TEST_CASE("a published port is given as [ADDR:]PORT[:PORT], outside before inside") {
  const auto port = [](const std::string& text) { return function::parse_published(text).str(); };
  CHECK(port("8080") == "127.0.0.1:8080:8080");
  CHECK(port("9000:8080") == "127.0.0.1:9000:8080");
  CHECK(port("0:8080") == "127.0.0.1:0:8080");
  CHECK(port("127.0.0.2:8080") == "127.0.0.2:8080:8080");
  CHECK(port("localhost:9000:80") == "127.0.0.1:9000:80");
  CHECK(port("[::1]:80") == "[::1]:80:80");
  CHECK(port("[::1]:9000:80") == "[::1]:9000:80");
  for (const char* again : {"127.0.0.1:9000:8080", "[::]:0:80"}) CHECK(port(again) == again);
  for (const char* wrong :
       {"", "0", "x", "80:", "1:2:3", "70000", "127.0.0.1", "::1:80:80", "here:80", "80:0", "[::1]", "127.0.0.1:1:2:3"})
    CHECK_MESSAGE(error_of([&] { port(wrong); }).starts_with("usage: "), wrong);
}

TEST_CASE("what other machines can reach needs consent") {
  Settings settings;
  for (const char* here : {"80", "127.1.2.3:80", "[::1]:80"}) settings.publish.emplace_back(here);
  CHECK(error_of([&] { function::check_published(settings); }) == "nothing");
  settings.publish.emplace_back("0.0.0.0:80");
  CHECK(error_of([&] { function::check_published(settings); }).starts_with("usage: '0.0.0.0:80' can be reached"));
  settings.allow_remote = true;
  CHECK(error_of([&] { function::check_published(settings); }) == "nothing");
}
