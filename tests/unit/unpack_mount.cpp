// SPDX-License-Identifier: Apache-2.0
#include "layer/whiteout.hpp"
#include "layer_random_stacks.hpp"
#include "unpack_stack.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;
using rootfs::test::difference;
using rootfs::test::Stack;

namespace {

const std::vector<std::string> below = {"nothing",         "file",           "dir",      "full-dir",
                                        "symlink-to-file", "symlink-to-dir", "hardlink", "fifo"};
const std::vector<std::string> above = {"nothing",  "file",        "dir",         "symlink",
                                        "hardlink", "fifo",        "whiteout",    "whiteout-then-file",
                                        "opaque",   "opaque-late", "file-inside", "file-then-whiteout",
                                        "up-link",  "up-link-in",  "opaque-file", "whiteout-then-dir",
                                        "dir-file", "file-dir",    "deep-inside", "whiteout-then-inside"};

// As tests/peers/make_matrix.py: one folder for each case, so that all fit into two layers.
void put_below(Layer& layer, const std::string& what, const std::string& here) {
  const std::string x = here + "/x";
  layer.insert(layer.end(), {dir(here, 0751), file(here + "/beside", "beside"), dir(here + "/other", 0700),
                             file(here + "/other/inner", "inner")});
  if (what == "file") layer.push_back(file(x, "lower"));
  if (what == "dir") layer.push_back(dir(x, 0700));
  if (what == "full-dir")
    layer.insert(layer.end(),
                 {dir(x, 0750), file(x + "/a", "lower a"), dir(x + "/sub", 0711), file(x + "/sub/b", "lower b")});
  if (what == "symlink-to-file") layer.push_back(soft(x, "beside"));
  if (what == "symlink-to-dir") layer.push_back(soft(x, "other"));
  if (what == "hardlink") layer.push_back(hard(x, here + "/beside"));
  if (what == "fifo") layer.push_back(entry(Type::fifo, x));
}

Layer change(const std::string& what, const std::string& here) {
  const std::string x = here + "/x";
  const std::string hidden = here + "/.wh.x";
  const std::string opaque = x + "/.wh..wh..opq";
  if (what == "file") return {file(x, "upper")};
  if (what == "dir") return {dir(x, 0711)};
  if (what == "symlink") return {soft(x, "beside")};
  if (what == "hardlink") return {file(here + "/first", "first"), hard(x, here + "/first")};
  if (what == "up-link") return {hard(x, here + "/beside")};
  if (what == "up-link-in") return {hard(here + "/y", here + "/other/inner"), whiteout(here + "/other/.wh.inner")};
  if (what == "fifo") return {entry(Type::fifo, x)};
  if (what == "whiteout") return {whiteout(hidden)};
  if (what == "whiteout-then-file") return {whiteout(hidden), file(x, "after")};
  if (what == "file-then-whiteout") return {file(x, "before"), whiteout(hidden)};
  if (what == "whiteout-then-dir") return {whiteout(hidden), dir(x), file(x + "/fresh", "fresh")};
  if (what == "whiteout-then-inside") return {whiteout(hidden), file(x + "/fresh", "fresh")};
  if (what == "opaque") return {dir(x), whiteout(opaque)};
  if (what == "opaque-late") return {dir(x), file(x + "/kept", "kept"), whiteout(opaque)};
  if (what == "opaque-file") return {dir(x), whiteout(opaque), file(x + "/a", "upper a")};
  if (what == "dir-file") return {dir(x), file(x + "/n", "n"), file(x, "file")};
  if (what == "file-dir") return {file(x, "file"), dir(x, 0700)};
  if (what == "file-inside") return {file(x + "/a", "upper a")};
  if (what == "deep-inside") return {file(x + "/sub/deep/c", "c"), whiteout(x + "/sub/.wh.b")};
  return {};
}

bool is_inside_a_file(const std::string& lower, const std::string& upper) {
  return upper.find("inside") != upper.npos && upper != "whiteout-then-inside" &&
         (lower == "file" || lower == "hardlink" || lower == "fifo" || lower == "symlink-to-file");
}

Stack matrix() {
  Stack stack(2);
  stack[0].push_back(dir("", 0711));
  for (const std::string& lower : below) {
    for (const std::string& upper : above) {
      if (is_inside_a_file(lower, upper)) continue;
      const std::string here = lower + "--" + upper;
      put_below(stack[0], lower, here);
      for (Member& member : change(upper, here)) stack[1].push_back(std::move(member));
    }
  }
  for (Member& member : stack[1]) member.entry.mtime = 2000;
  return stack;
}

// What the second layer did is what the third finds.
Stack twice_changed() {
  Stack stack(3);
  stack[0].push_back(dir(""));
  for (const std::string lower : {"full-dir", "symlink-to-dir"}) {
    for (const std::string& second : above) {
      if (is_inside_a_file(lower, second)) continue;
      for (const std::string third :
           {"nothing", "file", "dir", "whiteout", "opaque-late", "whiteout-then-dir", "up-link"}) {
        const std::string here = lower + "--" + second + "--" + third;
        put_below(stack[0], lower, here);
        for (Member& member : change(second, here)) stack[1].push_back(std::move(member));
        for (Member& member : change(third, here)) stack[2].push_back(std::move(member));
      }
    }
  }
  for (Member& member : stack[2]) member.entry.mtime = 3000;
  return stack;
}

// Every kind of attribute, as far as its time says; some layers describe the root, some hide all in it.
void enrich(Stack& stack, unsigned seed) {
  for (Layer& layer : stack) {
    for (Member& member : layer) {
      Entry& made = member.entry;
      const auto number = std::uint64_t(made.mtime) * 7 + seed;
      if (made.type == Type::hardlink || is_whiteout(made.path)) continue;
      made.mtime_ns = std::uint32_t(number % 1000) * 1000;
      if (number % 3 == 0) made.uid = 3;
      if (number % 4 == 0 && made.type != Type::symlink) made.xattrs.set("user.note", fmt::format("n{}", number));
      if (number % 5 == 0 && made.type == Type::file) made.mode = 04755;
      if (number % 11 == 0 && made.type == Type::file) made.type = Type::fifo, made.xattrs.clear();
      if (number % 13 == 0 && made.type == Type::file)
        made.type = Type::char_device, made.device_major = 1, made.device_minor = 3, made.xattrs.clear();
      if (made.type != Type::file) continue;
      member.content = fmt::format("content {}", number);
      made.size = member.content.size();
    }
    if (&layer == &stack.front() || seed % 2 == 0) layer.push_back(dir("", 0700 + seed % 8));
    if (seed % 5 == 0) layer.insert(layer.begin() + seed % 3 % std::ptrdiff_t(layer.size()), whiteout(".wh..wh..opq"));
  }
}

std::string random_stacks() {
  std::vector<Stack> stacks;
  for (unsigned seed = 0; seed < 300; ++seed) {
    stacks.push_back(RandomLayers(seed).stack());
    enrich(stacks.back(), seed);
  }
  return difference(stacks, 60);
}

std::string all_changes() {
  return difference({matrix(), twice_changed()}, 2);
}

}  // namespace

TEST_CASE("every change of a lower layer shows through overlayfs as if it were applied") {
  CHECK(all_changes() == "");
}

TEST_CASE("random stacks show through overlayfs as if they were applied, or are refused in both forms") {
  CHECK(random_stacks() == "");
}

TEST_CASE("the same as an ordinary user") {
  CHECK(rootfs::test::as_ordinary_user(all_changes) == "");
  CHECK(rootfs::test::as_ordinary_user(random_stacks) == "");
}
