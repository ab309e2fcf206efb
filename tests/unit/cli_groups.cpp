// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "cli/verb_names.hpp"
#include "cli_fake_tool.hpp"

#include <doctest/doctest.h>

using fake::complaint;
using fake::has;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a verb of a group is called by two words, with flags anywhere") {
  CHECK(fake::run({"box", "open", "left"}).out == "open: left\n");
  CHECK(fake::run({"box", "open", "-w", "left"}).out == "wide: left\n");
  CHECK(fake::run({"box", "shut"}).out == "shut\n");
  for (const Words& words :
       {Words{"--json", "box", "open", "left"}, {"box", "--json", "open", "left"}, {"box", "open", "left", "--json"}})
    CHECK(fake::run(words).out == "{\"schema\":\"fake.box.open/1\",\"box\":\"left\"}\n");
}

TEST_CASE("a group alone shows its verbs") {
  const fake::Outcome outcome = fake::run({"box"});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err ==
        "usage: fake box VERB [FLAG].. [ARGUMENT]..\n\nverbs\n  open  opens a box\n  shut  shuts all boxes\n\n"
        "'fake box VERB --help' explains a verb.\n");
  CHECK(fake::run({"box", "-h"}).out == outcome.err);
  CHECK(fake::run({"box", "-h"}).code == 0);
  CHECK(has(fake::run({"box", "--help"}).out, "--lock-timeout"));
  for (const Words& words : {Words{"help", "box"}, {"--help", "box"}})
    CHECK(fake::run(words).out == fake::run({"box", "--help"}).out);
  CHECK(has(complaint({"box", "--json"}), R"("message":"no verb given","hint":"run 'fake box -h' for the list")"));
}

TEST_CASE("help of a verb of a group") {
  const std::string help = fake::run({"box", "open", "--help"}).out;
  CHECK(help.starts_with("fake box open: opens a box\n\nusage: fake box open [FLAG].. BOX\n"));
  CHECK(fake::run({"help", "box", "open"}).out == help);
  CHECK(fake::run({"box", "--help", "open"}).out == help);
}

TEST_CASE("a mistyped word of a group gets a suggestion from it") {
  CHECK(complaint({"bxo"}) == "fake: error: unknown verb 'bxo'\n  hint: did you mean 'box'?\n");
  CHECK(complaint({"box", "opne"}) == "fake: error: unknown verb 'box opne'\n  hint: did you mean 'box open'?\n");
  CHECK(complaint({"help", "box", "sut"}) == "fake: error: unknown verb 'box sut'\n  hint: did you mean 'box shut'?\n");
  CHECK(complaint({"box", "paint"}) ==
        "fake: error: unknown verb 'box paint'\n  hint: run 'fake box -h' for the list\n");
  CHECK(complaint({"open"}) == "fake: error: unknown verb 'open'\n  hint: run 'fake -h' for the list\n");
  CHECK(complaint({"box", "--wide", "open"}) ==
        "fake: error: unknown flag '--wide'\n  hint: a verb's flags go after the verb\n");
  CHECK(complaint({"box", "--version"}).starts_with("fake: error: unknown flag '--version'\n"));
  CHECK(complaint({"box", "open", "--wdie", "left"}) ==
        "fake: error: unknown flag '--wdie'\n  hint: did you mean '--wide'?\n");
}

TEST_CASE("what is generated has the verbs of groups") {
  const auto generated = [](const std::string& what) { return fake::run({"--generate", what}).out; };
  const fn::Json schema = fn::Json::parse(generated("schema"), "schema");
  CHECK(schema.at("verbs").as_array().at(4).at("name").as_string() == "box open");
  const std::string bash = generated("complete-bash");
  CHECK(has(bash, "        '') echo 'make show fail run box help' ;;\n"));
  CHECK(has(bash, "        'box' | 'help box') echo 'open shut' ;;\n"));
  CHECK(has(bash, "'box open 0') echo '%instances' ;;"));
  CHECK(has(bash, "'run 0') echo '%functions' ;;"));
  const std::string zsh = generated("complete-zsh");
  CHECK(has(zsh, "_fake_verb_box_open() {\n"));
  CHECK(has(zsh, "_fake_verbs_box() {\n    local -a verbs=(\n        'open:opens a box'\n"));
  CHECK(has(zsh, "        'box:open, shut'\n"));
  const std::string fish = generated("complete-fish");
  CHECK(has(fish, "set -g __fake_groups help 'box' 'help box'\n"));
  CHECK(has(fish, "complete -c fake -n '__fake_verb_is box' -a open -d 'opens a box'\n"));
  CHECK(has(fish, "complete -c fake -n '__fake_verb_is box open' -a '(__fake_asked instances)'\n"));
  CHECK(has(generated("man-options"), "## fake box open\n\n*fake box open* \\[_FLAG_ ...\\] _BOX_\n"));
  CHECK(has(generated("man-options"), "*fake run* \\[_FLAG_ ...\\] _FN_ \\[-- _CMD_ ...\\]\n"));
}
