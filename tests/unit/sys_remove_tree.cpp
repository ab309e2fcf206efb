// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "ordinary_user.hpp"
#include "scratch.hpp"
#include "sys/root.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using sys::Fd;

namespace {

// At most `count` descriptors can be open while it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{.rlim_cur = count, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

Fd open_directory(const std::string& path) {
  return sys::open_file(path, O_RDONLY | O_DIRECTORY);
}

constexpr auto chain_name = "a-name-of-some-thirty-characters";

// A chain of directories far longer than any path, with a file at each level.
void make_chain(int top, int depth) {
  Fd at(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < depth; ++i) {
    mkdirat(at.get(), chain_name, 0755);
    at = Fd(openat(at.get(), chain_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Fd file(openat(at.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  }
}

}  // namespace

TEST_CASE("a tree of all kinds of names is removed, and nothing beside it") {
  const Scratch scratch;
  scratch.write("keep/file", "kept");
  for (int i = 0; i < 300; ++i) scratch.write(fmt::format("tree/d{}/e/f{}", i % 20, i), "x");
  std::filesystem::create_directory_symlink("../keep", scratch.path("tree/link"));
  std::filesystem::create_directory(scratch.path("tree/empty"));
  mkfifo(scratch.path("tree/d1/fifo").c_str(), 0644);
  const Fd top = open_directory(scratch.path());
  sys::remove_tree(top.get(), "tree");
  CHECK_FALSE(std::filesystem::exists(scratch.path("tree")));
  CHECK(scratch.read("keep/file") == "kept");
}

TEST_CASE("a file, a link and nothing at all can be removed too") {
  const Scratch scratch;
  scratch.write("keep/file", "kept");
  scratch.write("file", "");
  std::filesystem::create_directory_symlink("keep", scratch.path("link"));
  const Fd top = open_directory(scratch.path());
  for (const auto* name : {"file", "link", "nothing"}) {
    sys::remove_tree(top.get(), name);
    CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(scratch.path(name))));
  }
  CHECK(scratch.read("keep/file") == "kept");
}

TEST_CASE("a tree deeper than any path is removed with a handful of descriptors") {
  const Scratch scratch;
  const Fd top = open_directory(scratch.path());
  make_chain(top.get(), 300);
  {
    const DescriptorLimit limit(32);
    sys::remove_tree(top.get(), chain_name);
  }
  CHECK_FALSE(std::filesystem::exists(scratch.path(chain_name)));
}

TEST_CASE("directories without permissions don't stop their owner") {
  const OrdinaryUser user;
  const Scratch scratch;
  for (const auto* name : {"none", "read", "search", "write"})
    scratch.write(fmt::format("tree/{}/sub/file", name), "x");
  chmod(scratch.path("tree/none/sub").c_str(), 0);
  chmod(scratch.path("tree/none").c_str(), 0);
  chmod(scratch.path("tree/read").c_str(), 0400);
  chmod(scratch.path("tree/search").c_str(), 0100);
  chmod(scratch.path("tree/write").c_str(), 0200);
  const Fd top = open_directory(scratch.path());
  sys::remove_tree(top.get(), "tree");
  CHECK_FALSE(std::filesystem::exists(scratch.path("tree")));
}

TEST_CASE("what can't be removed is named with its path") {
  const Scratch scratch;
  scratch.write("tree/theirs/a\nb", "x");
  // Only root can make something that another user owns.
  if (chown(scratch.path("tree/theirs").c_str(), getuid() + 1, getgid()) < 0) return;
  const Fd top = open_directory(scratch.path());
  const OrdinaryUser user;
  CHECK(error_of([&] { sys::remove_tree(top.get(), "tree"); })
            .starts_with(
                "unsupported: cannot remove 'tree/theirs/a\\nb': permission denied (check its owner and permissions"));
}

TEST_CASE("a link that takes a directory's place in the middle of a removal isn't followed") {
  const Scratch scratch;
  scratch.write("keep/file", "kept");
  const Fd top = open_directory(scratch.path());
  const std::jthread attacker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) renameat2(top.get(), "bait", top.get(), "tree", RENAME_EXCHANGE);
  });
  // The exchange may make a removal fail, and that is fine.
  const auto remove = [&](const char* name) { error_of([&] { sys::remove_tree(top.get(), name); }); };
  const auto is_there = [&](const char* name) { return faccessat(top.get(), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0; };
  for (int round = 0; round < 300; ++round) {
    scratch.write("new/file", "");
    std::filesystem::rename(scratch.path("new"), scratch.path("tree"));
    std::filesystem::create_directory_symlink("keep", scratch.path("bait"));
    while (is_there("tree") || is_there("bait")) {
      remove("tree");
      remove("bait");
    }
  }
  CHECK(scratch.read("keep/file") == "kept");
}

TEST_CASE("a directory that is moved away during its removal doesn't take the removal with it") {
  constexpr std::size_t count = 1000;
  const auto is_being_emptied = [](const std::string& path) {
    const std::filesystem::directory_iterator names(path);
    const auto left = std::size_t(std::distance(begin(names), end(names)));
    return left > 0 && left < count;
  };
  for (int round = 0; round < 50; ++round) {
    const Scratch scratch;
    for (const auto* name : {"a", "b"})
      for (std::size_t i = 0; i < count; ++i) scratch.write(fmt::format("tree/{}/{}", name, i), "");
    // Where the directory goes, a neighbour has the name that would be removed next.
    scratch.write("beside-a/b/file", "kept");
    scratch.write("beside-b/a/file", "kept");
    const Fd top = open_directory(scratch.path());
    std::string error;
    std::jthread removal([&] { error = error_of([&] { sys::remove_tree(top.get(), "tree"); }); });
    try {
      while (true) {
        const std::string name = is_being_emptied(scratch.path("tree/a"))   ? "a"
                                 : is_being_emptied(scratch.path("tree/b")) ? "b"
                                                                            : "";
        if (name.empty()) continue;
        std::filesystem::rename(scratch.path("tree/" + name), scratch.path("beside-" + name + "/" + name));
        break;
      }
    } catch (const std::filesystem::filesystem_error&) {
      // The removal was faster.
    }
    removal.join();
    REQUIRE(scratch.read("beside-a/b/file") == "kept");
    REQUIRE(scratch.read("beside-b/a/file") == "kept");
    if (error.ends_with("it was moved in the meantime")) return;
  }
  FAIL("the removal was always faster");
}
