// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "cli_fake_tool.hpp"

#include <doctest/doctest.h>

using fake::complaint;

namespace {

using Words = std::vector<std::string>;

// What "make" understood, as JSON.
fn::Json made(Words words, const fake::World& world = {}) {
  words.insert(words.begin(), "make");
  words.insert(words.begin(), "--json");
  const fake::Outcome outcome = fake::run(words, world);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code <= 1);
  return fn::Json::parse(outcome.out, "answer");
}

std::string first_label(const Words& words) {
  return made(words).at("labels").as_array().at(0).as_string();
}

// The message of a usage error.
}  // namespace

TEST_CASE("all ways to write a flag and its value mean the same") {
  for (const Words& words :
       {Words{"--tag", "a:1"}, {"--tag=a:1"}, {"-t", "a:1"}, {"-ta:1"}, {"-vta:1"}, {"-v", "-q", "-t", "a:1"}})
    CHECK(made(words).at("tag").as_string() == "a:1");
  CHECK(made({}).at("tag").is_null());
}

TEST_CASE("a value arrives as it was written") {
  for (const char* value : {"-x", "--tag", "", "[a,b]", "{}", "a=b", "%%", "++", "true", "-", "a,b"})
    CHECK(first_label({std::string("--label=") + value}) == value);
  for (const char* value : {"", "[a,b]", "{}", "=", "-", "-5", "with blanks"})
    CHECK(first_label({"--label", value}) == value);
}

TEST_CASE("an empty value does not swallow the next word") {
  const fn::Json json = made({"--label=", "src", "--tag=", "lib"});
  CHECK(json.at("labels").as_array().size() == 1);
  CHECK(json.at("tag").as_string().empty());
  CHECK(json.at("sources").as_array().size() == 2);
}

TEST_CASE("a repeatable flag collects, in order") {
  const auto labels = made({"--label", "b", "src", "--label=a"}).at("labels").as_array();
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].as_string() == "b");
  CHECK(labels[1].as_string() == "a");
}

TEST_CASE("numbers and sizes are read") {
  const fn::Json json = made({"-j", "8", "--limit", "64KiB"});
  CHECK(json.at("jobs").as_integer() == 8);
  CHECK(json.at("limit").as_integer() == 65536);
}

TEST_CASE("two dashes end the flags, once") {
  const auto sources = made({"a", "--", "--tag", "--", "-"}).at("sources").as_array();
  REQUIRE(sources.size() == 4);
  CHECK(sources[1].as_string() == "--tag");
  CHECK(sources[2].as_string() == "--");
  CHECK(sources[3].as_string() == "-");
}

TEST_CASE("two dashes behind the value of a flag end the flags too") {
  const auto sources = made({"a", "--limit", "64KiB", "--", "--tag"}).at("sources").as_array();
  REQUIRE(sources.size() == 2);
  CHECK(sources[1].as_string() == "--tag");
}

TEST_CASE("'--label=' behind two dashes is an argument") {
  CHECK(made({"--", "--label="}).at("sources").as_array().at(0).as_string() == "--label=");
}

TEST_CASE("a dash is an ordinary argument") {
  CHECK(fake::run({"show", "-", "x"}).out == "-|x");
}

TEST_CASE("an optional argument may be left out") {
  CHECK(fake::run({"show", "app:v1"}).out == "app:v1|none");
}

TEST_CASE("global flags work before and after the verb, and the last one counts") {
  CHECK(fake::run({"-q", "make"}).out == "sha256:1\n");
  CHECK(fake::run({"make", "-q"}).out == "sha256:1\n");
  CHECK(made({"--home", "/b"}).at("home").as_string() == "/b");
  const fake::Outcome both = fake::run({"--home", "/a", "make", "--json", "--home", "/b"});
  CHECK(fn::Json::parse(both.out, "answer").at("home").as_string() == "/b");
}

TEST_CASE("the home is --home, else FN_HOME, else the tool's") {
  CHECK(made({}).at("home").as_string() == "/default/home");
  CHECK(made({}, {.environment = {{"FN_HOME", ""}}}).at("home").as_string() == "/default/home");
  CHECK(made({}, {.environment = {{"FN_HOME", "/e"}}}).at("home").as_string() == "/e");
  CHECK(made({"--home=/f"}, {.environment = {{"FN_HOME", "/e"}}}).at("home").as_string() == "/f");
  CHECK(complaint({"make", "--home="}) == "fake: error: flag '--home' needs a directory\n");
}

TEST_CASE("the lock timeout is --lock-timeout, else FN_LOCK_TIMEOUT, else 30 s") {
  CHECK(made({}).at("lock_ms").as_integer() == 30000);
  CHECK(made({}, {.environment = {{"FN_LOCK_TIMEOUT", "2m"}}}).at("lock_ms").as_integer() == 120000);
  CHECK(made({"--lock-timeout", "5ms"}, {.environment = {{"FN_LOCK_TIMEOUT", "2m"}}}).at("lock_ms").as_integer() == 5);
  CHECK(complaint({"make", "--lock-timeout", "soon"}) ==
        "fake: error: invalid value 'soon' for flag '--lock-timeout': not a duration\n  hint: durations look like "
        "500ms, 30s or "
        "5m\n");
  CHECK(complaint({"make"}, {.environment = {{"FN_LOCK_TIMEOUT", "soon"}}}) ==
        "fake: error: invalid value 'soon' for FN_LOCK_TIMEOUT: not a duration\n  hint: durations look like 500ms, 30s "
        "or 5m\n");
}

TEST_CASE("a mistyped verb gets a suggestion") {
  CHECK(complaint({"maek"}) == "fake: error: unknown verb 'maek'\n  hint: did you mean 'make'?\n");
  CHECK(complaint({"help", "shwo"}) == "fake: error: unknown verb 'shwo'\n  hint: did you mean 'show'?\n");
  CHECK(complaint({"deploy"}) == "fake: error: unknown verb 'deploy'\n  hint: run 'fake -h' for the list\n");
  CHECK(complaint({"--", "make"}) == "fake: error: unknown verb '--'\n  hint: run 'fake -h' for the list\n");
}

TEST_CASE("a mistyped flag gets a suggestion, even where it leaves its value behind") {
  CHECK(complaint({"show", "--jsno", "a", "b", "c"}) ==
        "fake: error: unknown flag '--jsno'\n  hint: did you mean '--json'?\n");
  CHECK(complaint({"make", "--compresion=gzip"}) ==
        "fake: error: unknown flag '--compresion'\n  hint: did you mean '--compression'?\n");
  CHECK(complaint({"make", "--frobnicate"}) ==
        "fake: error: unknown flag '--frobnicate'\n  hint: run 'fake make --help' to see its flags\n");
  CHECK(complaint({"show", "-qx"}) ==
        "fake: error: unknown flag '-x'\n  hint: run 'fake show --help' to see its flags\n");
  CHECK(complaint({"show", "---x"}) ==
        "fake: error: unknown flag '---x'\n  hint: run 'fake show --help' to see its flags\n");
  CHECK(complaint({"--tag", "make"}) ==
        "fake: error: unknown flag '--tag'\n  hint: a verb's flags go after the verb\n");
}

TEST_CASE("flags are not abbreviated") {
  CHECK(complaint({"make", "--compress", "gzip"}).starts_with("fake: error: unknown flag '--compress'\n"));
}

TEST_CASE("a verb that only reads has no dry run") {
  CHECK(fake::run({"make", "-n"}).out == "would make\n");
  CHECK(complaint({"show", "x", "--dry-run"}).starts_with("fake: error: unknown flag '--dry-run'\n"));
}

TEST_CASE("a flag without its value is an error, also before another flag") {
  const std::string expected =
      "fake: error: flag '--tag' needs a value\n  hint: write '--tag REF', or '--tag=REF' if REF starts with '-'\n";
  CHECK(complaint({"make", "--tag"}) == expected);
  CHECK(complaint({"make", "-t", "--quiet"}) == expected);
  CHECK(complaint({"make", "-t", "--unknown"}) == expected);
  CHECK(complaint({"make", "-t", "--", "x"}) == expected);
}

TEST_CASE("a switch takes no value and may be repeated") {
  CHECK(complaint({"make", "--slow=no"}) == "fake: error: flag '--slow' takes no value\n");
  CHECK(fake::run({"make", "-q", "-q"}).out == "sha256:1\n");
}

TEST_CASE("two values for one flag are an error") {
  CHECK(complaint({"make", "-t", "a", "--tag=b"}) == "fake: error: flag '--tag' given more than once\n");
}

TEST_CASE("bad values name the flag and say what is right") {
  CHECK(complaint({"make", "--compression", "gzpi"}) ==
        "fake: error: invalid value 'gzpi' for flag '--compression'\n  hint: did you mean 'gzip'?\n");
  CHECK(complaint({"make", "--compression", "lz4hc"}) ==
        "fake: error: invalid value 'lz4hc' for flag '--compression'\n  hint: use one of gzip, zstd\n");
  CHECK(complaint({"make", "-j", "many"}) ==
        "fake: error: invalid value 'many' for flag '--jobs': not a whole number\n");
  CHECK(complaint({"make", "--jobs=-1"}) == "fake: error: invalid value '-1' for flag '--jobs': not a whole number\n");
  CHECK(complaint({"make", "--limit", "big"}) ==
        "fake: error: invalid value 'big' for flag '--limit': not a size\n  hint: sizes look like 500k, 64M or 1GiB\n");
  CHECK(complaint({"fail", "hlper"}) ==
        "fake: error: invalid value 'hlper' for argument HOW\n  hint: did you mean 'helper'?\n");
  CHECK(complaint({"make"}, {.environment = {{"FN_PROGRESS", "plan"}}}) ==
        "fake: error: invalid value 'plan' for FN_PROGRESS\n  hint: did you mean 'plain'?\n");
}

TEST_CASE("missing and surplus arguments show the usage") {
  CHECK(complaint({"show"}) == "fake: error: missing argument REF\n  hint: usage: fake show [FLAG].. REF [PATH]\n");
  CHECK(complaint({"show", "a", "b", "c"}) ==
        "fake: error: unexpected argument 'c'\n  hint: usage: fake show [FLAG].. REF [PATH]\n");
}

TEST_CASE("what was typed cannot speak to the terminal") {
  CHECK(complaint({"\x1b[2J"}) == "fake: error: unknown verb '\\x1b[2J'\n  hint: run 'fake -h' for the list\n");
  CHECK(complaint({"make", "--\x1b[2J"}).starts_with("fake: error: unknown flag '--\\x1b[2J'\n"));
}
