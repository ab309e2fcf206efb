// SPDX-License-Identifier: Apache-2.0
#include "layer/selection.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

Item item(Entry entry) {
  Item made;
  made.entry = std::move(entry);
  return made;
}
Item regular(const std::string& path, Bytes size = 1) {
  Item made = item({.path = path});
  made.entry.size = size;
  return made;
}
std::vector<Item> app() {
  return {item(directory("bin")),       regular("bin/run"),         item(directory("lib")), regular("lib/a.py"),
          item(directory("lib/cache")), regular("lib/cache/a.pyc"), regular("readme")};
}

// Paths, with what is linked to and what is read.
std::string listing(const std::vector<Item>& items) {
  std::string text;
  for (const Item& one : items) {
    if (!text.empty()) text += ' ';
    text += one.entry.path;
    if (one.entry.type == Type::directory) text += '/';
    if (one.entry.type == Type::hardlink) text += "=" + one.entry.link;
    if (one.entry.type == Type::file && one.source() != one.entry.path) text += "<" + one.source();
  }
  return text;
}

}  // namespace

TEST_CASE("include takes what matches, what is below and the directories above") {
  CHECK(listing(select(app(), {})) == "bin/ bin/run lib/ lib/a.py lib/cache/ lib/cache/a.pyc readme");
  CHECK(listing(select(app(), {.include = {"lib"}})) == "lib/ lib/a.py lib/cache/ lib/cache/a.pyc");
  CHECK(listing(select(app(), {.include = {"*.pyc", "readme"}})) == "lib/ lib/cache/ lib/cache/a.pyc readme");
  CHECK(listing(select(app(), {.include = {"none"}})) == "");
}

TEST_CASE("exclude takes away with all below, and wins") {
  CHECK(listing(select(app(), {.exclude = {"lib/cache", "readme"}})) == "bin/ bin/run lib/ lib/a.py");
  CHECK(listing(select(app(), {.include = {"lib"}, .exclude = {"*.pyc"}})) == "lib/ lib/a.py lib/cache/");
}

TEST_CASE("a link whose first name is left out becomes the file") {
  const std::vector<Item> linked{regular("a", 5), item(hard_link("b", "a")), item(hard_link("c", "a"))};
  CHECK(listing(select(linked, {.exclude = {"a"}})) == "b<a c=b");
  CHECK(listing(select(linked, {.exclude = {"a", "b"}})) == "c<a");
  CHECK(select(linked, {.exclude = {"a"}}).front().entry.size == 5);
  CHECK(listing(select(linked, {.exclude = {"b"}})) == "a c=a");
}

TEST_CASE("into moves the source's root") {
  const std::vector<Item> items{item(directory("")), regular("a"), item(hard_link("b", "a")),
                                item(soft_link("c", "a"))};
  const auto moved = select(items, {.into = "opt/app"});
  CHECK(listing(moved) == "opt/app/ opt/app/a<a opt/app/b=opt/app/a opt/app/c");
  CHECK(moved.back().entry.link == "a");
}

TEST_CASE("rules set modes and owners, the last that says something wins") {
  std::vector<Item> items{regular("bin/a"), regular("etc/b"), item(soft_link("bin/c", "a"))};
  const Selection selection{.rules = {{.match = "bin/*", .mode = 0755},
                                      {.match = "a", .owner = Owner{7, 8}},
                                      {.match = "bin/a", .mode = 0700}},
                            .owner = Owner{1, 2}};
  const auto selected = select(items, selection);
  CHECK(selected[0].entry.mode == 0700);
  CHECK(selected[0].entry.uid == 7);
  CHECK(selected[0].entry.gid == 8);
  CHECK(selected[1].entry.mode == 0644);
  CHECK(selected[1].entry.uid == 1);
  CHECK(selected[2].entry.mode == 0777);  // links have no mode of their own
  CHECK(selected[2].entry.uid == 1);
}

TEST_CASE("times later than the latest become it") {
  std::vector<Item> items{regular("a"), regular("b"), regular("c")};
  items[0].entry.mtime = 99, items[0].entry.mtime_ns = 5;
  items[1].entry.mtime = 100, items[1].entry.mtime_ns = 5;
  items[2].entry.mtime = 101;
  const auto selected = select(items, {.latest = 100});
  CHECK(selected[0].entry.mtime == 99);
  CHECK(selected[0].entry.mtime_ns == 5);
  CHECK(selected[1].entry.mtime == 100);
  CHECK(selected[1].entry.mtime_ns == 0);
  CHECK(selected[2].entry.mtime == 100);
}

TEST_CASE("merged sources are sorted, the later one wins") {
  CHECK(listing(merge({{regular("z"), regular("b/x"), item(directory("b"))}, {regular("a"), regular("b/y")}})) ==
        "a b/ b/x b/y z");
  const auto merged = merge({{regular("a", 1)}, {regular("a", 2)}});
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].entry.size == 2);
  CHECK(listing(merge({})) == "");
}

TEST_CASE("a file in place of a directory takes what was below, and the other way round") {
  CHECK(listing(merge({app(), {regular("lib")}})) == "bin/ bin/run lib readme");
  CHECK(listing(merge({app(), {item(soft_link("lib", "bin"))}})) == "bin/ bin/run lib readme");
  CHECK(listing(merge({app(), {item(directory("readme")), regular("readme/x")}})) ==
        "bin/ bin/run lib/ lib/a.py lib/cache/ lib/cache/a.pyc readme/ readme/x");
  CHECK(listing(merge({{regular("a")}, {regular("a/b/c")}})) == "a/b/c");
  CHECK(listing(merge({{item(soft_link("lib", "usr/lib"))}, {regular("lib/x")}})) == "lib lib/x");
}

TEST_CASE("a tar can only link backwards: merging deals the roles anew") {
  const std::vector<Item> linked{regular("m", 5), item(hard_link("a", "m")), item(hard_link("z", "m"))};
  CHECK(listing(merge({linked})) == "a<m m=a z=a");
  CHECK(listing(merge({linked, {regular("b")}})) == "a<m b m=a z=a");
  CHECK(listing(merge({linked, {regular("a")}})) == "a m z=m");
  CHECK(listing(merge({linked, {regular("m")}})) == "a<m m z=a");
}

TEST_CASE("owners are numbers") {
  CHECK(parse_owner("1000").gid == 1000);
  CHECK(parse_owner("1000:5").gid == 5);
  for (const char* bad : {"", "root", "1:", ":1", "1:2:3", "-1", "4294967295", "1:4294967296"}) {
    CAPTURE(bad);
    CHECK(error_of(Kind::usage, [&] { parse_owner(bad); }) == fmt::format("'{}' is not an owner", bad));
  }
}

TEST_CASE("modes are octal") {
  CHECK(parse_mode("755") == 0755);
  CHECK(parse_mode("04755") == 04755);
  for (const char* bad : {"", "8", "0o755", "10000", "-1", "77777777777777"}) {
    CAPTURE(bad);
    CHECK(error_of(Kind::usage, [&] { parse_mode(bad); }) == fmt::format("'{}' is not a mode", bad));
  }
}
