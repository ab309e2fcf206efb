// SPDX-License-Identifier: Apache-2.0
#include "diff/rules.hpp"
#include "error_of.hpp"
#include "fnimg_support.hpp"
#include "recipe/recipe.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::img;
using namespace fn::img::test;

namespace {

Budget parsed(const std::string& rules) {
  return Recipe::parse("[budget]\n" + rules, "fnimg.toml", "").budget.value();
}

std::string refused(const std::string& rules) {
  return error_of([&] { parsed(rules); });
}

Side side_of(ImageFiles files) {
  Side side;
  side.files = std::move(files);
  return side;
}

// The names of the rules that the step breaks.
std::vector<std::string> broken(const Budget& budget, ImageFiles from, ImageFiles to) {
  const Side a = side_of(std::move(from));
  const Side b = side_of(std::move(to));
  std::vector<std::string> names;
  for (const BrokenRule& rule : broken_rules(budget, a, b, diff_images(a, b, 0))) names.push_back(rule.rule);
  return names;
}

using Names = std::vector<std::string>;

layer::File with_mode(layer::File file, std::uint32_t mode) {
  file.entry.mode = mode;
  return file;
}

}  // namespace

TEST_CASE("a budget's limits are sizes with units or numbers, its promises true or false") {
  const Budget budget = parsed(R"(
    max_compressed = "10MB"
    max_files = 0
    max_fetch = "1KiB"
    no_new_setuid = true
    no_downgrade = false)");
  CHECK(budget.max_compressed == 10'000'000);
  CHECK(budget.max_files == 0);
  CHECK(budget.max_fetch == 1024);
  CHECK_FALSE(budget.max_size);
  CHECK(budget.no_new_setuid);
  CHECK_FALSE(budget.no_downgrade);
  CHECK_FALSE(budget.no_removed_packages);
}

TEST_CASE("a rule that would be ignored is refused, with its line") {
  CHECK(refused("max_sise = 1") ==
        "usage: 'fnimg.toml': line 2: unknown key 'max_sise' in [budget] (did you mean 'max_size'?)");
  for (const auto rule : {"max_size = -1", "max_size = 1.5", "max_size = \"much\"", "max_size = true"}) {
    CAPTURE(rule);
    CHECK(refused(rule) == "usage: 'fnimg.toml': line 2: 'max_size' must be a size, such as \"10MB\" or 10000000");
  }
  CHECK(refused("no_downgrade = 1") == "usage: 'fnimg.toml': line 2: 'no_downgrade' must be true or false");
}

TEST_CASE("a file without a budget is not taken for one that allows everything") {
  const Scratch scratch;
  scratch.write("fnimg.toml", "tag = \"app:v1\"\n");
  CHECK(error_of([&] { read_budget(scratch.path("fnimg.toml")); }).starts_with("usage: "));
  scratch.write("fnimg.toml", "[budget]\n");
  CHECK_FALSE(read_budget(scratch.path("fnimg.toml")).max_size);
}

TEST_CASE("a limit is kept up to its last byte") {
  std::vector<BrokenRule> broken;
  check_limit("max_size", std::nullopt, ~Bytes{0}, "of files", broken);
  check_limit("max_size", 1000, 0, "of files", broken);
  check_limit("max_size", 1000, 1000, "of files", broken);
  CHECK(broken.empty());
  CHECK(budget_json(broken).dump() == R"({"ok":true,"broken":[]})");
  check_limit("max_size", 1000, 1001, "of files", broken);
  check_limit("max_files", 0, 1, "files", broken);
  REQUIRE(broken.size() == 2);
  CHECK(broken[0].limit == 1000);
  CHECK(broken[0].value == 1001);
  const Json json = budget_json(broken);
  CHECK_FALSE(json.at("ok").as_bool());
  CHECK(json.at("broken").as_array().at(1).at("rule").as_string() == "max_files");
  CHECK(json.at("broken").as_array().at(1).at("limit").as_integer() == 0);
}

TEST_CASE("what is added is counted, not what is there") {
  Budget budget;
  budget.max_added = 3;
  CHECK(broken(budget, image_of({{file("a", "12345678")}}), image_of({{file("a", "12345678"), file("b", "123")}})) ==
        Names{});
  CHECK(broken(budget, image_of({{file("a", "1")}}), image_of({{file("a", "12345")}})) == Names{"max_added"});
}

TEST_CASE("a file that gives rights may stay, not come") {
  Budget budget;
  budget.no_new_setuid = true;
  const layer::File su = with_mode(file("su", "old"), 04755);
  CHECK(broken(budget, image_of({{su}}), image_of({{su, file("b", "x")}})) == Names{});
  CHECK(broken(budget, image_of({{}}), image_of({{su}})) == Names{"no_new_setuid"});
  CHECK(broken(budget, image_of({{with_mode(su, 0755)}}), image_of({{su}})) == Names{"no_new_setuid"});
  CHECK(broken(budget, image_of({{su}}), image_of({{with_mode(su, 0755)}})) == Names{});
  layer::File capable = file("ping", "x");
  capable.entry.xattrs.set("security.capability", std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
  CHECK(broken(budget, image_of({{file("ping", "x")}}), image_of({{capable}})) == Names{"no_new_setuid"});
}

TEST_CASE("packages neither go nor go back") {
  const auto curl = [](const std::string& version) {
    return image_with({{.name = "curl", .version = version, .architecture = "amd64", .root = "", .files = {}}});
  };
  Budget budget;
  budget.no_downgrade = true;
  budget.no_removed_packages = true;
  CHECK(broken(budget, curl("1.9"), curl("1.10")) == Names{});
  CHECK(broken(budget, curl("1.10"), curl("1.9")) == Names{"no_downgrade"});
  CHECK(broken(budget, curl("1.9"), image_with({})) == Names{"no_removed_packages"});
  CHECK(broken({}, curl("1.10"), image_with({})) == Names{});
}
