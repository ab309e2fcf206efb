// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "cli_fake_tool.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using fake::has;

namespace {

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (const std::string& line : fn::split(text, '\n')) widest = std::max(widest, line.size());
  return widest;
}

}  // namespace

TEST_CASE("without arguments the short help is on stderr and the exit code is 2") {
  const fake::Outcome outcome = fake::run({});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == fake::run({"-h"}).out);
  CHECK(outcome.err ==
        "fake: makes and shows images\n\nusage: fake VERB [FLAG].. [ARGUMENT]..\n\n"
        "examples\n  fake make -t app:v1 src\n      an image of one folder\n\n"
        "verbs\n  make      makes an image\n  show      shows a file of an image\n  fail      goes wrong\n"
        "  run       runs a command\n  box open  opens a box\n  box shut  shuts all boxes\n\n"
        "'fake VERB -h' explains a verb on one screen, 'fake --help' shows everything.\n");
}

TEST_CASE("the help of the tool leads with examples and lists flags and exit codes") {
  const std::string help = fake::run({"--help"}).out;
  CHECK(help.find("examples\n") < help.find("verbs\n"));
  CHECK(has(help, "  -q, --quiet "));
  CHECK(has(help, "      --version "));
  CHECK(has(help, "\n    4  no such image, channel, path, function or instance\n"));
  CHECK_FALSE(has(help, "--generate"));
  CHECK(fake::run({"help"}).out == help);
}

TEST_CASE("a verb has a short help, and a long one that 'help VERB' shows too") {
  const std::string small = fake::run({"make", "-h"}).out;
  const std::string large = fake::run({"make", "--help"}).out;
  CHECK(small.starts_with("fake make: makes an image\n\nusage: fake make [FLAG].. [DIR]..\n\nexamples\n"));
  CHECK(has(small, "  -t, --tag REF           its name\n"));
  CHECK(has(small, "      --label KEY=VALUE   a label: it's [any] text (may be repeated)\n"));
  CHECK(has(small, "  -n, --dry-run "));
  CHECK_FALSE(has(small, "the fourth"));
  CHECK_FALSE(has(small, "--lock-timeout"));
  CHECK(has(large, "the fourth"));
  CHECK(has(large, "--lock-timeout"));
  CHECK(fake::run({"help", "make"}).out == large);
  CHECK(fake::run({"--help", "make"}).out == large);
}

TEST_CASE("help is given on a command line that is not complete or not right") {
  CHECK(fake::run({"show", "-h"}).code == 0);
  CHECK(fake::run({"show", "a", "b", "c", "--unknown", "--help"}).out == fake::run({"show", "--help"}).out);
}

TEST_CASE("help fits into 80 columns, or into the terminal") {
  CHECK(widest_line(fake::run({"--help"}).out) <= 80);
  CHECK(widest_line(fake::run({"--help", "--color=never"}, {.terminal_columns = 60}).out) <=
        61);  // and a carriage return
  CHECK(has(fake::run({"--help"}, {.terminal_columns = 80}).out, "\x1b[1mexamples\x1b[0m"));
}
