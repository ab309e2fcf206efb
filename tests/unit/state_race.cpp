// SPDX-License-Identifier: Apache-2.0
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/store.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace fn;
using namespace std::chrono_literals;
using state::Store;

namespace {

constexpr int processes = 8;
constexpr int images_each = 10;

Store open_racer(const Scratch& scratch) {
  return Store::open(scratch.path("home"), Store::Access::write, 60s);
}

// Opening it to write would repair what the test looks for.
Store reader(const Scratch& scratch) {
  return Store::open(scratch.path("home"), Store::Access::read, 60s);
}

pid_t start(const std::function<void()>& body) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid != 0) return pid;
  try {
    body();
    _exit(0);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    _exit(1);
  }
}

// Runs `body` with 0, 1, .. in a process each, all at once, and returns how many of them succeeded. `meanwhile` is
// called until the last one ends.
int succeeding(
    const std::function<void(int)>& body, const std::function<void()>& meanwhile = [] {}) {
  std::vector<pid_t> children;
  for (int n = 0; n < processes; ++n) children.push_back(start([&] { body(n); }));
  int succeeded = 0;
  for (const pid_t child : children) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
      meanwhile();
      std::this_thread::sleep_for(1ms);
    }
    REQUIRE(ended == child);
    succeeded += status == 0;
  }
  return succeeded;
}

std::string reference(int process, int image) {
  return fmt::format("app-{}:v{}", process, image);
}

std::set<std::string> names_in_rows(const Store& store) {
  std::set<std::string> names;
  for (const state::ImageRow& row : store.images()) names.insert(row.reference);
  return names;
}

std::set<std::string> set_in_index(const Store& store) {
  std::set<std::string> names;
  for (const oci::Descriptor& entry : store.layout().read_index())
    names.insert(entry.annotation(oci::annotation::ref_name));
  return names;
}

}  // namespace

TEST_CASE("of images published at once none is lost, in the rows or in index.json") {
  const Scratch scratch;
  std::set<std::string> expected;
  for (int process = 0; process < processes; ++process)
    for (int image = 0; image < images_each; ++image) expected.insert(reference(process, image));
  std::set<std::string> seen;
  const auto nothing_vanishes = [&] {
    const auto store = Store::open_if_exists(scratch.path("home"), 60s);
    if (!store) return;
    const std::set<std::string> names = set_in_index(*store);
    REQUIRE(std::includes(names.begin(), names.end(), seen.begin(), seen.end()));
    seen = names;
  };
  const auto publish_all = [&](int process) {
    // Not even the home is there before.
    Store store = open_racer(scratch);
    for (int image = 0; image < images_each; ++image)
      store.publish(reference(process, image), small_image(store.layout(), std::to_string(image)), 0);
  };
  CHECK(succeeding(publish_all, nothing_vanishes) == processes);
  const Store store = reader(scratch);
  CHECK(names_in_rows(store) == expected);
  CHECK(set_in_index(store) == expected);
  CHECK(store.check(true).empty());
}

TEST_CASE("of names removed and published at once just the right ones are left") {
  const Scratch scratch;
  {
    Store store = open_racer(scratch);
    const oci::Image image = small_image(store.layout(), "code");
    for (int process = 0; process < processes; ++process) store.publish(reference(process, 0), image, 0);
  }
  CHECK(succeeding([&](int process) {
          Store store = open_racer(scratch);
          const oci::Image image = store.load(reference(process, 0));
          for (int i = 1; i < images_each; ++i) {
            store.publish(reference(process, i), image, 0);
            store.remove({reference(process, i - 1)});
          }
        }) == processes);
  std::set<std::string> expected;
  for (int process = 0; process < processes; ++process) expected.insert(reference(process, images_each - 1));
  const Store store = reader(scratch);
  CHECK(names_in_rows(store) == expected);
  CHECK(set_in_index(store) == expected);
}

TEST_CASE("a publisher that is killed at any moment leaves a store that works") {
  const Scratch scratch;
  open_racer(scratch);
  for (int n = 0; n < 40; ++n) {
    const pid_t child = start([&] {
      Store store = open_racer(scratch);
      for (int image = 0;; ++image)
        store.publish(reference(n, image), small_image(store.layout(), std::to_string(image)), 0);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(n));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const Store store = open_racer(scratch);
    REQUIRE(names_in_rows(store) == set_in_index(store));
  }
  const Store store = open_racer(scratch);
  store.remove_leftovers();
  CHECK(store.check(true).empty());
}
