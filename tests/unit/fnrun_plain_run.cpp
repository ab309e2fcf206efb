// SPDX-License-Identifier: Apache-2.0
// The program `fnrun` reads the words of plain runs itself: what it takes is what the command line library makes of the
// same words, and all else it leaves alone.
#include "cli/definition.hpp"
#include "cli/parse.hpp"
#include "client/run_flags.hpp"
#include "front/plain_run.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace fn;

namespace {

using Words = std::vector<std::string>;

std::optional<run::RunRequest> read_plainly(const Words& words) {
  std::vector<const char*> pointers{"run"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return run::plain_run(pointers);
}

run::RunRequest read_by_library(const Words& words) {
  run::RunRequest request;
  cli::Command::Definition definition;
  cli::Command command(definition);
  declare_run(command, request);
  cli::take_positionals(definition, cli::take_flags(definition, words, cli::Scope::all), "");
  return request;
}

const std::vector<Words> flags{
    {},
    {"-T"},
    {"--no-tty"},
    {"--writable"},
    {"-e", "A=1"},
    {"--env", "A=1", "--env", "B"},
    {"--workdir", "/srv"},
    {"-w", "relative"},
    {"--user", "app:app"},
    {"--mount", "/a:/b:ro", "--mount", "/c:/d"},
    {"--net", "loopback"},
    {"--timeout", "1500ms"},
    {"--timeout", "0"},
    {"--memory", "256M"},
    {"--memory", "64MiB", "--pids", "7", "--cpus", "0.5"},
    {"--tmp-size", "1GiB"},
    {"--pids", "0"},
};

}  // namespace

TEST_CASE("a plain run is what the library reads, flags before or after the directory") {
  for (const Words& given : flags) {
    for (const char* target : {"./root", "/srv/root", ".", "../up", "app:v1", "team/app"}) {
      Words before = given;
      before.insert(before.end(), {target, "--", "sh", "-c", "exit 3", "--", "--json"});
      Words after{target};
      after.insert(after.end(), given.begin(), given.end());
      after.insert(after.end(), {"--", "true"});
      Words bare = given;
      bare.emplace_back(target);
      for (const Words& words : {before, after, bare}) {
        CAPTURE(words);
        const auto plain = read_plainly(words);
        REQUIRE(plain);
        CHECK(*plain == read_by_library(words));
      }
    }
  }
}

TEST_CASE("all else is left to the program of all verbs") {
  const std::vector<Words> left{{},
                                {"./root", "true"},
                                {"./root", "--"},
                                {"--", "true"},
                                {"app:v1", "true"},
                                {"app:v1", "--"},
                                {"./root", "./other", "--", "true"},
                                {"--json", "./root", "--", "true"},
                                {"-n", "./root", "--", "true"},
                                {"-q", "./root", "--", "true"},
                                {"--timing", "./root", "--", "true"},
                                {"--pool", "on", "./root", "--", "true"},
                                {"--seccomp", "strict", "./root", "--", "true"},
                                {"--entrypoint", "", "./root", "--", "true"},
                                {"--env=A=1", "./root", "--", "true"},
                                {"-eA=1", "./root", "--", "true"},
                                {"--env", "", "./root", "--", "true"},
                                {"--env", "--", "./root", "--", "true"},
                                {"--workdir", "-x", "./root", "--", "true"},
                                {"--workdir", "/a", "-w", "/b", "./root", "--", "true"},
                                {"--timeout", "soon", "./root", "--", "true"},
                                {"--memory", "much", "./root", "--", "true"},
                                {"--net", "bridge", "./root", "--", "true"},
                                {"--pids", "-1", "./root", "--", "true"},
                                {"--no-such", "./root", "--", "true"},
                                {"./root", "--timeout"}};
  for (const Words& words : left) {
    CAPTURE(words);
    CHECK_FALSE(read_plainly(words));
  }
  const std::vector<const char*> other{"invoke", "./root", "--", "true"};
  CHECK_FALSE(run::plain_run(other));
  CHECK_FALSE(run::plain_run({}));
}
