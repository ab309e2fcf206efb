// SPDX-License-Identifier: Apache-2.0
#include "layer/stat_cache.hpp"
#include "layer/walk.hpp"
#include "layer_memory_store.hpp"
#include "layer_support.hpp"
#include "scratch.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

const FileIdentity one{.device = 5, .inode = 7, .size = 3, .mtime_ns = -9, .ctime_ns = 1'700'000'000'123'456'789};

StatCache::Value known_as(std::string_view text) {
  return {content_of(std::as_bytes(std::span(text))), {{"user.note", std::string("a\0b", 3)}}};
}

// Builds from a directory, and gives the cache what it may learn.
void build_from(const Scratch& scratch, const std::shared_ptr<StatCache>& cache) {
  const oci::Layout layout = oci::Layout::create(scratch.path("layout"));
  write_layer(list_directory(
                  scratch.path("tree"), [](const std::string&) {}, cache),
              layout, {});
}

FileIdentity identity_of(const Scratch& scratch, const std::string& name) {
  for (const Item& item : list_directory(scratch.path("tree"), [](const std::string&) {}))
    if (item.entry.path == name) return item.identity;
  return {};
}

void wait_a_tick() {
  usleep(20'000);
}

}  // namespace

TEST_CASE("what is packed is found again; another identity is not") {
  StatCache cache;
  cache.learn(one, known_as("abc"));
  StatCache again(cache.pack());
  CHECK_FALSE(again.is_changed());
  const auto found = again.find(one);
  REQUIRE(found);
  CHECK(found->content == known_as("abc").content);
  CHECK(found->xattrs == known_as("abc").xattrs);
  for (const auto change : {&FileIdentity::device, &FileIdentity::inode, &FileIdentity::size}) {
    FileIdentity other = one;
    ++(other.*change);
    CHECK_FALSE(again.find(other));
  }
  for (const auto change : {&FileIdentity::mtime_ns, &FileIdentity::ctime_ns}) {
    FileIdentity other = one;
    ++(other.*change);
    CHECK_FALSE(again.find(other));
  }
}

TEST_CASE("files that were not seen again are forgotten") {
  StatCache cache;
  FileIdentity two = one;
  two.inode = 8;
  cache.learn(one, known_as("abc"));
  cache.learn(two, known_as("abd"));
  StatCache second(cache.pack());
  CHECK(second.find(two));
  StatCache third(second.pack());
  CHECK(third.find(two));
  CHECK_FALSE(third.find(one));
}

TEST_CASE("a cache that was damaged, wherever it was, knows nothing") {
  StatCache cache;
  cache.learn(one, known_as("abc"));
  const std::string good = cache.pack();
  for (std::size_t at = 0; at < good.size(); ++at) {
    CAPTURE(at);
    std::string bad = good;
    bad[at] = char(bad[at] ^ 1);
    CHECK_FALSE(StatCache(bad).find(one));
    CHECK_FALSE(StatCache(good.substr(0, at)).find(one));
  }
}

TEST_CASE("times at the ends of what a file can have do no harm") {
  StatCache cache;
  FileIdentity far = one;
  far.mtime_ns = std::numeric_limits<std::int64_t>::min();
  far.ctime_ns = std::numeric_limits<std::int64_t>::max();
  cache.learn(far, known_as("abc"));
  CHECK(StatCache(cache.pack()).find(far));
  const Scratch scratch;
  scratch.write("tree/f", "abc");
  const timespec times[2] = {{.tv_sec = 15'000'000'000, .tv_nsec = 0}, {.tv_sec = 15'000'000'000, .tv_nsec = 0}};
  REQUIRE(utimensat(AT_FDCWD, scratch.path("tree/f").c_str(), times, 0) == 0);
  CHECK(identity_of(scratch, "f").size == 3);
}

TEST_CASE("a file is learned when its last change is over, and not before") {
  if (!sys::stamps_all_writes(sys::open_file(Scratch().path(), O_RDONLY).get())) return;
  const Scratch scratch;
  scratch.write("tree/f", "abc");
  SUBCASE("it is over") {
    wait_a_tick();
    const auto cache = std::make_shared<StatCache>();
    build_from(scratch, cache);
    CHECK(cache->find(identity_of(scratch, "f")));
  }
  SUBCASE("changed in this very tick") {
    int learned = 0;
    for (int n = 0; n < 20; ++n) {
      const auto cache = std::make_shared<StatCache>();
      scratch.write("tree/f", "abd");
      const auto items = list_directory(
          scratch.path("tree"), [](const std::string&) {}, cache);
      learned += items[0].settled ? 1 : 0;
    }
    CHECK(learned < 10);  // a tick may end in between
  }
  SUBCASE("open for writing") {
    const sys::Fd writer = sys::open_file(scratch.path("tree/f"), O_WRONLY);
    wait_a_tick();
    const auto cache = std::make_shared<StatCache>();
    build_from(scratch, cache);
    CHECK_FALSE(cache->is_changed());
  }
}

TEST_CASE("attributes of a file that is known come from the cache, and are those it has") {
  const Scratch scratch;
  if (!sys::stamps_all_writes(sys::open_file(scratch.path(), O_RDONLY).get())) return;
  scratch.write("tree/f", "abc");
  const std::string path = scratch.path("tree/f");
  if (setxattr(path.c_str(), "user.note", "x", 1, 0) != 0) return;
  wait_a_tick();
  const auto cache = std::make_shared<StatCache>();
  build_from(scratch, cache);
  const auto again = [&] {
    const auto kept = std::make_shared<StatCache>(cache->pack());
    return list_directory(
               scratch.path("tree"), [](const std::string&) {}, kept)
        .at(0);
  };
  CHECK(again().content);
  CHECK(again().entry.xattrs == std::map<std::string, std::string>{{"user.note", "x"}});
  setxattr(path.c_str(), "user.note", "y", 1, 0);
  CHECK_FALSE(again().content);
  CHECK(again().entry.xattrs == std::map<std::string, std::string>{{"user.note", "y"}});
}

TEST_CASE("on a file system that does not stamp all writes nothing is learned") {
  if (access("/dev/shm", W_OK) != 0) return;
  const sys::TempDir dir("/dev/shm", "fn-unit-");
  CHECK_FALSE(sys::stamps_all_writes(sys::open_file(dir.path(), O_RDONLY).get()));
  std::filesystem::create_directory(dir.path() + "/tree");
  sys::write_full(sys::open_file(dir.path() + "/tree/f", O_WRONLY | O_CREAT).get(), "abc", "f");
  wait_a_tick();
  const auto cache = std::make_shared<StatCache>();
  write_layer(list_directory(
                  dir.path() + "/tree", [](const std::string&) {}, cache),
              oci::Layout::create(dir.path() + "/layout"), {});
  CHECK_FALSE(cache->is_changed());
}
