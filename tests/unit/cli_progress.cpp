// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/progress_line.hpp"
#include "cli/table.hpp"
#include "cli_fake_tool.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::cli;

TEST_CASE("nothing is said where stderr is no terminal") {
  CHECK(fake::run({"make", "--slow"}).err == "fake: note: making\n");
}

TEST_CASE("plain progress is a line when a phase begins and one when it ends") {
  const std::string err = fake::run({"make", "--slow", "--progress=plain"}).err;
  CHECK(err.starts_with("fake: note: making\nfake: packing 'app'\nfake: packing 'app': done, 83.9 MB in "));
  CHECK(split(err, '\n').size() == 4);
}

TEST_CASE("JSON progress begins with nothing and ends with everything") {
  const auto lines = split(fake::run({"make", "--slow"}, {.environment = {{"FN_PROGRESS", "json"}}}).err, '\n');
  REQUIRE(lines.size() > 5);
  CHECK(lines.size() < 15);
  CHECK(lines[1] == R"({"type":"progress","phase":"packing 'app'","bytes":0,"total":104857600})");
  CHECK(Json::parse(lines[lines.size() - 2], "line").at("bytes").as_integer() == std::int64_t{80} << 20);
}

TEST_CASE("a terminal gets a bar, and it is taken away") {
  const std::string out = fake::run({"make", "--slow"}, {.terminal_columns = 70}).out;
  CHECK(out.find("\r\x1b[Kpacking 'app'  [") != std::string::npos);
  CHECK(out.ends_with("\r\x1b[Kmade\r\n"));
}

TEST_CASE("no bar on a dumb terminal, with -q, or if none is wanted") {
  CHECK(fake::run({"make", "--slow", "-q"}, {.terminal_columns = 70}).out == "sha256:1\r\n");
  CHECK(fake::run({"make", "--slow", "--progress=none"}, {.terminal_columns = 70}).out ==
        "fake: note: making\r\nmade\r\n");
  CHECK(fake::run({"make", "--slow"}, {.environment = {{"TERM", "dumb"}}, .terminal_columns = 70}).out ==
        "fake: note: making\r\nmade\r\n");
}

TEST_CASE("a line of progress leaves out what does not fit") {
  const ProgressState state{
      .phase = "packing", .bytes = 50 * MiB, .total = 100 * MiB, .elapsed = std::chrono::seconds(2)};
  CHECK(progress_line(state, {.width = 79}) == "packing  [##############--------------]   50%  52.4 MB  26.2 MB/s");
  CHECK(progress_line(state, {.width = 49}) == "packing  [######------]   50%  52.4 MB  26.2 MB/s");
  CHECK(progress_line(state, {.width = 40}) == "packing   50%  52.4 MB  26.2 MB/s");
  CHECK(progress_line(state, {.width = 30}) == "packing   50%  52.4 MB");
  CHECK(progress_line(state, {.width = 18}) == "pac   50%  52.4 MB");
  CHECK(progress_line(state, {.width = 4}) == "   5");
  for (int width = 1; width < 100; ++width)
    for (const bool utf8 : {false, true})
      CHECK(text_width(progress_line(state, {.width = width, .utf8 = utf8})) <= std::size_t(width));
}

TEST_CASE("a line of progress without a total has no bar, and one that overshoots stays at 100 %") {
  CHECK(progress_line({.phase = "hashing", .bytes = 5000}, {}) == "hashing  5.0 kB");
  CHECK(progress_line({.phase = "hashing"}, {}) == "hashing");
  CHECK(progress_line({.phase = "x", .bytes = 3, .total = 2}, {.width = 30}) == "x  [##############]  100%  3 B");
  CHECK(progress_line({.phase = "x", .bytes = 1, .total = 2}, {.width = 27, .utf8 = true}) ==
        "x  ━━━━━━───────   50%  1 B");
}
