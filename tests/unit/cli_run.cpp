// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "cli_fake_tool.hpp"

#include <csignal>
#include <doctest/doctest.h>

namespace {

fn::Json error_of(const fake::Outcome& outcome) {
  return fn::Json::parse(outcome.err, "error").at("error");
}

}  // namespace

TEST_CASE("a report is text, or only what a script wants") {
  CHECK(fake::run({"make"}).out == "made\n");
  CHECK(fake::run({"make", "-q"}).out == "sha256:1\n");
  CHECK(fake::run({"make", "-q"}).err.empty());
  CHECK(fake::run({"show", "a", "-q"}).out == "a|none");
}

TEST_CASE("a JSON report names its schema first and takes one line") {
  const std::string out = fake::run({"make", "--json", "-q"}).out;
  CHECK(out.starts_with(R"({"schema":"fake.make/1","tag":null,)"));
  CHECK(out.find('\n') == out.size() - 1);
}

TEST_CASE("on a terminal JSON is indented") {
  const std::string out = fake::run({"make", "--json"}, {.terminal_columns = 80}).out;
  CHECK(out.find("{\r\n  \"schema\": \"fake.make/1\",\r\n") != std::string::npos);
}

TEST_CASE("the exit code is the report's, or the error's kind") {
  CHECK(fake::run({"make"}).code == 0);
  CHECK(fake::run({"make", "src"}).code == 1);
  CHECK(fake::run({"fail", "missing"}).code == 4);
  CHECK(fake::run({"fail", "controls"}).code == 6);
}

TEST_CASE("an error says what, and what to do") {
  CHECK(fake::run({"fail", "missing"}).err == "fake: error: image 'app:v9' not found\n  hint: run 'fake ls'\n");
}

TEST_CASE("control characters in a message are shown, backslashes stay single") {
  CHECK(fake::run({"fail", "controls"}).err == "fake: error: bad \\x1b[31m name 'a\\x1b'\n  hint: a\\nb\n");
}

TEST_CASE("with --json an error is one object on stderr") {
  const fake::Outcome outcome = fake::run({"fail", "missing", "--json"});
  CHECK(outcome.out.empty());
  CHECK(outcome.err ==
        R"({"error":{"kind":"not_found","message":"image 'app:v9' not found","hint":"run 'fake ls'","exit":4}})"
        "\n");
}

TEST_CASE("with --json a bad command line is an object too, wherever the flag stands") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--json", "maek"},
                                                {"maek", "--json"},
                                                {"make", "--tga", "--json"},
                                                {"--bad", "--json"},
                                                {"--json"}}) {
    const fake::Outcome outcome = fake::run(words);
    CHECK(outcome.code == 2);
    CHECK(error_of(outcome).at("kind").as_string() == "usage");
    CHECK(error_of(outcome).at("exit").as_integer() == 2);
  }
  CHECK(fake::run({"maek", "--", "--json"}).err.starts_with("fake: error:"));
}

TEST_CASE("no memory is a failure, any other exception a bug of the tool") {
  const fake::Outcome memory = fake::run({"fail", "memory"});
  CHECK(memory.code == 3);
  CHECK(memory.err == "fake: error: out of memory\n");
  const fake::Outcome bug = fake::run({"fail", "bug"});
  CHECK(bug.code == 70);
  CHECK(bug.err == "fake: error: this is a bug in fake: vector::at\n  hint: please report it\n");
}

TEST_CASE("an interrupted tool says so and dies by the signal") {
  const fake::Outcome outcome = fake::run({"fail", "interrupt"});
  CHECK(outcome.code == 256 + SIGTERM);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "fake: interrupted\n");
}

TEST_CASE("what an interrupt does to a helper is no failure") {
  const fake::Outcome outcome = fake::run({"fail", "helper"});
  CHECK(outcome.code == 256 + SIGTERM);
  CHECK(outcome.err == "fake: interrupted\n");
}

TEST_CASE("a full stdout is a failure, whatever is printed") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"make", "-q"},
                                                {"make", "--json", "-q"},
                                                {"show", "x"},
                                                {"--help"},
                                                {"make", "-h"},
                                                {"--version"},
                                                {"--generate", "schema"}}) {
    const fake::Outcome outcome = fake::run(words, {.stdout_path = "/dev/full"});
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find("no space left on device") != std::string::npos);
  }
}

TEST_CASE("an answer that a closed stdout loses is an error, and goes into no file") {
  const fake::Outcome outcome = fake::run({"make", "-q"}, {.stdout_closed = true});
  CHECK(outcome.code == 3);
  CHECK(outcome.err == "fake: error: cannot write 'stdout': bad file descriptor\n");
}

TEST_CASE("notes go to stderr and not with -q") {
  CHECK(fake::run({"make"}).err == "fake: note: making\n");
  CHECK(fake::run({"make", "--progress", "json"}).err == "{\"type\":\"note\",\"message\":\"making\"}\n");
  CHECK(fake::run({"make", "-q", "--progress", "json"}).err.empty());
}

TEST_CASE("colour is for terminals, and the flag wins over the environment") {
  const auto colored = [](const std::vector<std::string>& words, const fake::World& world) {
    const fake::Outcome outcome = fake::run(words, world);
    return (outcome.out + outcome.err).find("\x1b[31m") != std::string::npos;
  };
  const fake::World terminal{.terminal_columns = 80};
  CHECK_FALSE(colored({"fail", "missing"}, {}));
  CHECK(colored({"fail", "missing"}, terminal));
  CHECK_FALSE(colored({"fail", "missing"}, {.environment = {{"NO_COLOR", "1"}}, .terminal_columns = 80}));
  CHECK(colored({"fail", "missing"}, {.environment = {{"NO_COLOR", ""}}, .terminal_columns = 80}));
  CHECK_FALSE(colored({"fail", "missing"}, {.environment = {{"TERM", "dumb"}}, .terminal_columns = 80}));
  CHECK(colored({"fail", "missing"}, {.environment = {{"FORCE_COLOR", "1"}}}));
  CHECK(colored({"fail", "missing"}, {.environment = {{"CLICOLOR_FORCE", "1"}}}));
  CHECK_FALSE(colored({"fail", "missing"}, {.environment = {{"CLICOLOR_FORCE", "0"}}}));
  CHECK(colored({"fail", "missing", "--color=always"}, {.environment = {{"NO_COLOR", "1"}}}));
  CHECK_FALSE(colored({"--color", "never", "fail", "missing"}, terminal));
  CHECK_FALSE(colored({"maek", "--color", "never"}, {}));
}

TEST_CASE("--version") {
  CHECK(fake::run({"--version"}).out == "fake 1.2.3\n");
  CHECK(fake::run({"--version", "--json"}).out == "{\"schema\":\"fake.version/1\",\"version\":\"1.2.3\"}\n");
}
