// SPDX-License-Identifier: Apache-2.0
// What stands behind "--", and values of other types than text.
#include "base/json.hpp"
#include "cli_fake_tool.hpp"

#include <doctest/doctest.h>

using fake::complaint;

namespace {

using Words = std::vector<std::string>;

fn::Json ran(Words words) {
  words.insert(words.begin(), {"--json", "run"});
  const fake::Outcome outcome = fake::run(words);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  return fn::Json::parse(outcome.out, "answer");
}

Words command_of(const Words& words) {
  Words command;
  const fn::Json json = ran(words);
  for (const fn::Json& word : json.at("words").as_array()) command.push_back(word.as_string());
  return command;
}

std::string bad_value(const std::string& flag, const std::string& value) {
  return complaint({"run", "fn", flag, value});
}

}  // namespace

TEST_CASE("a command behind two dashes arrives as it was written") {
  CHECK(command_of({"fn", "--", "ls", "-x", "--json", "--home=/x", "-w"}) ==
        Words{"ls", "-x", "--json", "--home=/x", "-w"});
  CHECK(command_of({"fn", "--", "sh", "--", "", "--timeout="}) == Words{"sh", "--", "", "--timeout="});
  CHECK(command_of({"fn", "--", "--help"}) == Words{"--help"});
  CHECK(command_of({"fn", "ls", "/"}) == Words{"ls", "/"});
  CHECK(command_of({"-t", "5s", "fn", "-w", "--", "ls", "-l"}) == Words{"ls", "-l"});
  CHECK(command_of({"fn"}).empty());
  CHECK_FALSE(ran({"fn", "--", "ls", "-w"}).at("writable").as_bool());
  CHECK(fake::run({"run", "fn", "--", "ls", "--json"}).out == "ran\n");
}

TEST_CASE("flags of a command before two dashes are nobody's") {
  for (const char* flag : {"-w", "-l", "--json=1", "--timeout", "-h"})
    CHECK(complaint({"run", "-t5s", "--cpus", "2", "-wt", "5s", "fn", "ls", flag}) ==
          fmt::format("fake: error: flag '{0}' comes after a command\n"
                      "  hint: write '-- ls {0}', with the verb's own flags before '--'\n",
                      flag));
  CHECK(complaint({"run", "fn", "-l"}) ==
        "fake: error: unknown flag '-l'\n  hint: run 'fake run --help' to see its flags; flags of a command go after "
        "'--'\n");
}

TEST_CASE("a command stands before two dashes or after them, and not around them") {
  CHECK(complaint({"run", "fn", "ls", "--", "-l"}) ==
        "fake: error: 'ls' stands before '--', and the command after it\n"
        "  hint: write the whole command after '--'\n");
  CHECK(command_of({"fn", "ls", "--"}) == Words{"ls"});
}

TEST_CASE("the usage of a verb with a command shows the dashes") {
  CHECK(complaint({"run"}) == "fake: error: missing argument FN\n  hint: usage: fake run [FLAG].. FN [-- CMD..]\n");
}

TEST_CASE("durations, numbers and sizes that may be left out") {
  const fn::Json none = ran({"fn"});
  CHECK(none.at("timeout").as_integer() == 0);
  for (const char* name : {"grace", "cpus", "pids", "memory"}) CHECK(none.at(name).is_null());
  const fn::Json all =
      ran({"fn", "--timeout", "3s", "--grace=250ms", "--cpus", "0.5", "--pids", "64", "--memory", "64MiB"});
  CHECK(all.at("timeout").as_integer() == 3000);
  CHECK(all.at("grace").as_integer() == 250);
  CHECK(all.at("cpus") == fn::Json(0.5));
  CHECK(all.at("pids").as_integer() == 64);
  CHECK(all.at("memory").as_integer() == 64 * 1024 * 1024);
}

TEST_CASE("what is none of these says what would be") {
  CHECK(bad_value("--timeout", "soon") ==
        "fake: error: invalid value 'soon' for flag '--timeout': not a duration\n  hint: durations look like 500ms, "
        "30s or 5m\n");
  CHECK(bad_value("--grace", "-1s").find("invalid value '-1s' for flag '--grace': not a duration") !=
        std::string::npos);
  for (const char* number : {"half", "1e3", ".5", "5.", "0x1", "1.2.3", "inf", "", "+1", "1,5"})
    CHECK(bad_value("--cpus", number) ==
          fmt::format(
              "fake: error: invalid value '{}' for flag '--cpus': not a number\n  hint: numbers look like 2 or 0.5\n",
              number));
}
