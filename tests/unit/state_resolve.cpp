// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/store.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;
using state::Store;

namespace {

Store open_resolved(const Scratch& scratch) {
  return Store::open(scratch.path("home"), Store::Access::write, 5s);
}

std::string hint(const Store& store, const std::string& text) {
  const std::string error = error_of([&] { store.resolve(text); });
  const std::string begin = "not_found: image '" + text + "' not found (";
  return error.starts_with(begin) ? error.substr(begin.size(), error.size() - begin.size() - 1) : error;
}

}  // namespace

TEST_CASE("an image is meant by its name, its digest, the beginning of that, or both") {
  const Scratch scratch;
  Store store = open_resolved(scratch);
  const oci::Image one = small_image(store.layout(), "1");
  const oci::Image two = small_image(store.layout(), "2");
  store.publish("host:5000/app:latest", one, 0);
  store.publish("app:v2", two, 0);
  store.publish("app:other", two, 0);
  const auto meant = [&](const std::string& text) { return store.resolve(text).reference; };
  const std::string digest_1 = one.descriptor.digest.str();
  const std::string hex_2 = two.descriptor.digest.hex();
  CHECK(meant("host:5000/app") == "host:5000/app:latest");
  CHECK(meant("app:v2") == "app:v2");
  CHECK(meant(digest_1) == "host:5000/app:latest");
  CHECK(meant(one.descriptor.digest.hex()) == "host:5000/app:latest");
  CHECK(meant(hex_2.substr(0, 6)) == "app:other");
  CHECK(meant("sha256:" + hex_2.substr(0, 12)) == "app:other");
  CHECK(meant("app:v2@sha256:" + hex_2) == "app:v2");
  CHECK(meant("host:5000/app@" + digest_1) == "host:5000/app:latest");
  CHECK(store.load("app:v2").descriptor.digest == two.descriptor.digest);

  CHECK(hint(store, "app@" + digest_1) != "nothing");
  CHECK(hint(store, "app:v1@sha256:" + hex_2) != "nothing");
  CHECK(hint(store, hex_2.substr(0, 5)) != "nothing");
  CHECK(hint(store, "ffffff0000") == "see 'fnimg ls'");
  CHECK(error_of([&] { store.resolve("App"); }).starts_with("usage: reference 'App': "));
}

TEST_CASE("a name comes before a digest that begins like it") {
  const Scratch scratch;
  Store store = open_resolved(scratch);
  const oci::Image image = small_image(store.layout(), "1");
  const std::string digits = image.descriptor.digest.hex().substr(0, 8);
  store.publish("app:v1", image, 0);
  store.publish(digits + ":latest", small_image(store.layout(), "2"), 0);
  CHECK(store.resolve(digits).reference == digits + ":latest");
  CHECK(store.resolve("sha256:" + digits).reference == "app:v1");
}

TEST_CASE("a digest's beginning that fits two is not guessed at") {
  const Scratch scratch;
  Store store = open_resolved(scratch);
  // By the pigeonhole principle two of 17 digests begin alike; 6 digits are made alike by hand.
  const oci::Image image = small_image(store.layout(), "1");
  store.publish("app:v1", image, 0);
  store.publish("app:v2", image, 0);
  std::string other = image.descriptor.digest.str();
  other.back() = other.back() == '0' ? '1' : '0';
  db::Database(scratch.path("home/state.db"), db::Database::Access::write, 0x666e7374, 0ms)
      .execute("UPDATE image SET digest = '" + other + "' WHERE reference = 'app:v2'");
  const std::string digits = image.descriptor.digest.hex().substr(0, 10);
  CHECK(error_of([&] { store.resolve(digits); }) ==
        "usage: '" + digits +
            "' is ambiguous: several digests start with it (give more digits, or use one of app:v1, app:v2)");
  CHECK(store.resolve(other).reference == "app:v2");
}

TEST_CASE("a slip is answered with what was meant") {
  const Scratch scratch;
  Store store = open_resolved(scratch);
  CHECK(hint(store, "app:v1") == "see 'fnimg ls'");
  const oci::Image image = small_image(store.layout(), "1");
  for (const char* name : {"app:v1", "runtime:3.11", "runtime:3.12", "team/tool:1"}) store.publish(name, image, 0);
  CHECK(hint(store, "app") == "did you mean 'app:v1'?");
  CHECK(hint(store, "app:nightly") == "did you mean 'app:v1'?");
  CHECK(hint(store, "runtime:3.13") == "did you mean 'runtime:3.11'?");
  CHECK(hint(store, "runtime") == "known images: runtime:3.11, runtime:3.12");
  CHECK(hint(store, "runtim:3.12") == "did you mean 'runtime:3.12'?");
  CHECK(hint(store, "runtme") == "did you mean 'runtime:3.11'?");
  CHECK(hint(store, "something:else") == "see 'fnimg ls'");
}
