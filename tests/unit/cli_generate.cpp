// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "cli_fake_tool.hpp"

#include <doctest/doctest.h>

using fake::has;

namespace {

std::string generated(const std::string& what) {
  const fake::Outcome outcome = fake::run({"--generate", what});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  return outcome.out;
}

const fn::Json& flag_named(const fn::Json& verb, std::string_view name) {
  for (const fn::Json& flag : verb.at("flags").as_array())
    for (const fn::Json& spelled : flag.at("names").as_array())
      if (spelled.as_string() == name) return flag;
  FAIL("no flag ", name);
  return verb;
}

}  // namespace

TEST_CASE("references come from the home of the command line, one a line") {
  CHECK(generated("references") == "app:v1\nat:/default/home\n");
  CHECK(fake::run({"--generate", "references", "--home", "/h"}).out == "app:v1\nat:/h\n");
}

TEST_CASE("other values come from the tool too, or there are none") {
  CHECK(generated("functions") == "greet\n");
  CHECK(generated("instances").empty());
}

TEST_CASE("the schema tells verbs, flags, arguments and exit codes") {
  const fn::Json schema = fn::Json::parse(generated("schema"), "schema");
  CHECK(schema.at("tool").as_string() == "fake");
  CHECK(schema.at("version").as_string() == "1.2.3");
  const auto& verbs = schema.at("verbs").as_array();
  REQUIRE(verbs.size() == 6);
  CHECK(verbs[0].at("name").as_string() == "make");
  CHECK(verbs[0].at("effects").as_bool());
  CHECK_FALSE(verbs[1].at("effects").as_bool());
  CHECK(verbs[0].at("examples").as_array().size() == 4);

  const fn::Json& tag = flag_named(verbs[0], "-t");
  CHECK(tag.at("value").as_string() == "REF");
  CHECK(tag.at("complete").as_string() == "reference");
  CHECK_FALSE(tag.at("global").as_bool());
  CHECK(flag_named(verbs[0], "--label").at("repeatable").as_bool());
  CHECK(flag_named(verbs[0], "--compression").at("choices").as_array().size() == 2);
  CHECK(flag_named(verbs[0], "--dry-run").at("value").is_null());
  CHECK(flag_named(verbs[2], "--home").at("global").as_bool());

  const auto& arguments = verbs[1].at("positionals").as_array();
  REQUIRE(arguments.size() == 2);
  CHECK(arguments[0].at("required").as_bool());
  CHECK_FALSE(arguments[1].at("required").as_bool());
  CHECK(schema.at("exit_codes").as_array().size() == 11);
}

TEST_CASE("completion scripts know verbs, flags and what follows them") {
  const std::string bash = generated("complete-bash");
  CHECK(has(bash, "'make -t' | 'make --tag') echo '%references' ;;"));
  CHECK(has(bash, "'make --compression') echo 'gzip zstd' ;;"));
  CHECK(has(bash, "'show 0') echo '%references' ;;"));
  CHECK(has(bash, "complete -F _fake fake\n"));
  const std::string zsh = generated("complete-zsh");
  CHECK(zsh.starts_with("#compdef fake\n"));
  CHECK(has(zsh, "'*--label=[a label\\: it'\\''s \\[any\\] text]:KEY=VALUE:'"));
  const std::string fish = generated("complete-fish");
  CHECK(has(fish, "complete -c fake -n '__fake_verb_is make' -l label -x -d 'a label: it\\'s [any] text'\n"));
  for (const std::string& script : {bash, zsh, fish}) {
    CHECK_FALSE(has(script, "TOOL"));
    CHECK_FALSE(has(script, "GROUP"));
    CHECK(has(script, "--generate "));
  }
}

TEST_CASE("the part of the man page has every verb and escapes what scdoc would format") {
  const std::string text = generated("man-options");
  CHECK(has(text, "## fake make\n\n*fake make* \\[_FLAG_ ...\\] \\[_DIR_ ...\\]\n\nmakes an image.\n"));
  CHECK(has(text, "*-t*, *--tag* _REF_\n\tits name\n"));
  CHECK(has(text, "*--label* _KEY=VALUE_\n\ta label: it's \\[any\\] text (may be repeated)\n"));
  CHECK(has(text, "## Flags of every verb\n"));
  CHECK(has(text, "FN\\_LOCK\\_TIMEOUT"));
}

TEST_CASE("what cannot be generated is a usage error") {
  CHECK(fake::run({"--generate", "schemas"}).code == 2);
}
