// SPDX-License-Identifier: Apache-2.0
#include "layer/bytecode.hpp"
#include "layer/read_contents.hpp"
#include "layer/selection.hpp"
#include "layer_support.hpp"

#include <map>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

std::string number32(std::uint32_t value) {
  std::string bytes;
  for (int n = 0; n < 4; ++n) bytes += char(value >> (8 * n) & 0xff);
  return bytes;
}
std::string magic(std::uint32_t number) {
  return number32(number | std::uint32_t{'\r'} << 16 | std::uint32_t{'\n'} << 24);
}
std::string compiled(std::uint32_t flags, std::uint32_t time, std::uint32_t size) {
  return magic(3495) + number32(flags) + number32(time) + number32(size) + "\xe3 and the code";
}
std::optional<std::size_t> place(const std::string& bytes, std::int64_t time, Bytes size) {
  return bytecode_time(std::as_bytes(std::span(bytes)), time, size);
}

// Compiled files in memory, which remember what they were told.
class CompiledFiles final : public Origin {
 public:
  std::unique_ptr<Reader> open(const Item& item) const override {
    ++opened;
    return std::make_unique<CompiledFile>(files.at(item.identity.inode));
  }
  void remember(const Item& item, const Content& content) const override {
    known.insert_or_assign(item.identity.inode, content);
  }
  std::optional<Content> recall(const FileIdentity& identity) const override {
    const auto found = known.find(identity.inode);
    return found == known.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::uint64_t, std::string> files;
  mutable std::map<std::uint64_t, Content> known;
  mutable int opened = 0;

 private:
  class CompiledFile final : public Reader {
   public:
    explicit CompiledFile(const std::string& bytes) : bytes_(bytes) {}
    void read(Bytes offset, std::span<std::byte> buffer) override {
      std::memcpy(buffer.data(), bytes_.data() + offset, buffer.size());
    }
    void finish() override {}

   private:
    const std::string& bytes_;
  };
};

struct PythonTree {
  std::shared_ptr<CompiledFiles> memory = std::make_shared<CompiledFiles>();
  int matched = 0;
  std::function<void()> on_match = [this] { ++matched; };

  // mod.py of 6 bytes and this time, and its compiled file.
  std::vector<Item> items(const std::string& bytes, std::int64_t time, Selection selection) {
    memory->files[7] = bytes;
    std::vector<Item> items(2);
    items[0].entry = {.path = "__pycache__/mod.cpython-311.pyc", .mtime = time, .size = bytes.size()};
    items[0].identity = {.device = 1, .inode = 7, .size = bytes.size()};
    items[0].origin = memory;
    items[1].entry = {.path = "mod.py", .mtime = time, .size = 6};
    items = select(std::move(items), selection);
    match_bytecode(items, on_match);
    return items;
  }
};

}  // namespace

TEST_CASE("bytecode belongs to a source by its path") {
  CHECK(bytecode_source("a/__pycache__/mod.cpython-37.pyc") == "a/mod.py");
  CHECK(bytecode_source("__pycache__/mod.pypy39.opt-1.pyc") == "mod.py");
  CHECK(bytecode_source("a/__pycache__/dotted.name.cpython-311.opt-2.pyc") == "a/dotted.name.py");
  CHECK(bytecode_source("a/mod.pyc") == "a/mod.py");
  CHECK(bytecode_source("a/__pycache__/mod.pyc") == "");
  CHECK(bytecode_source("a/__pycache__/mod.opt-1.pyc") == "");
  CHECK(bytecode_source("a/mod.py") == "");
}

TEST_CASE("the header of each Python has the time in its place, if it is valid") {
  CHECK(place(compiled(0, 1700, 6), 1700, 6) == 8);
  CHECK(place(compiled(0, 1700, 6), 1701, 6) == std::nullopt);
  CHECK(place(compiled(0, 1700, 6), 1700, 7) == std::nullopt);
  CHECK(place(compiled(1, 1700, 6), 1700, 6) == std::nullopt);  // by hash
  CHECK(place(compiled(3, 1700, 6), 1700, 6) == std::nullopt);
  CHECK(place(compiled(0, 5, 6), (std::int64_t{1} << 32) + 5, 6) == 8);  // only 32 bits are kept
  const std::string old = magic(3379) + number32(1700) + number32(6) + "\xe3 code of 3.6";
  CHECK(place(old, 1700, 6) == 4);
  CHECK(place(old, 1700, 0x63) == std::nullopt);
  CHECK(place(magic(62211) + number32(1700) + "code of 2.7", 1700, 6) == 4);
  CHECK(place(magic(3379) + number32(1700) + "code of 3.6", 1700, 6) == std::nullopt);
  CHECK(place("no bytecode of any kind", 1700, 6) == std::nullopt);
}

TEST_CASE("valid bytecode takes the time of its source in the layer") {
  PythonTree tree;
  const auto items = tree.items(compiled(0, 1700, 6), 1700, {.latest = 0});
  CHECK(read_content(items[0]) == compiled(0, 0, 6));
  CHECK(tree.matched == 1);
  const auto set = tree.items(compiled(0, 1700, 6), 1700, {.latest = 0, .time = 0x01020304});
  CHECK(read_content(set[0]) == compiled(0, 0x01020304, 6));
  std::vector<std::byte> middle(5);  // not the beginning: a large file is read in parts
  set[0].origin->open(set[0])->read(9, middle);
  CHECK(text_of(middle) == compiled(0, 0x01020304, 6).substr(9, 5));
}

TEST_CASE("stale bytecode, bytecode by hash, and times that stay are left alone") {
  PythonTree tree;
  for (const std::string& bytes : {compiled(0, 1699, 6), compiled(0, 1700, 5), compiled(1, 1700, 6)})
    CHECK(read_content(tree.items(bytes, 1700, {.latest = 0})[0]) == bytes);
  CHECK(tree.matched == 0);
  CHECK(tree.items(compiled(0, 1700, 6), 1700, {.latest = 1800})[0].origin == tree.memory);
}

TEST_CASE("what was read is known the next time, and only for the same source and time") {
  PythonTree tree;
  const auto again = [&](std::int64_t time, std::int64_t latest) {
    auto items = tree.items(compiled(0, 1700, 6), time, {.latest = latest});
    items.resize(1);
    const std::string wanted = compiled(0, std::uint32_t(latest), 6);
    read_contents(items, 1);
    return *items[0].content == content_of(std::as_bytes(std::span(wanted)));
  };
  CHECK(again(1700, 0));
  CHECK(again(1700, 0));
  CHECK(tree.memory->opened == 1);
  CHECK(again(1700, 9));
  CHECK(tree.memory->opened == 2);
  CHECK_FALSE(again(1701, 0));  // stale now
  CHECK(tree.memory->opened == 3);
  CHECK_FALSE(tree.memory->known.contains(7));  // a build that keeps bytecode reads the file itself
}
