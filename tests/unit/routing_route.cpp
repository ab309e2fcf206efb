// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "routing/route.hpp"
#include "scratch.hpp"
#include "small_image.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;
using state::Store;

namespace {

struct State {
  Scratch scratch;
  Store store = Store::open(scratch.path("home"), Store::Access::write, 5s);
  oci::Image one = small_image(store.layout(), "one");
  oci::Image two = small_image(store.layout(), "two");

  void set(const std::string& name, const std::string& image) {
    store.functions().set(
        name, [&](const std::optional<state::Function>&) { return state::Function{.image = image}; }, 0);
  }
};

}  // namespace

TEST_CASE("a call goes to what the tag names now") {
  State state;
  state.store.publish("app:v1", state.one, 0);
  state.set("greet", "app:v1");
  routing::Route route = routing::choose(state.store, "greet");
  CHECK(route.descriptor.digest == state.one.descriptor.digest);
  CHECK(route.reference == "app:v1");
  CHECK(route.version == "v1");
  CHECK(route.function.timeout == 30s);
  state.store.publish("app:v1", state.two, 0);
  CHECK(routing::choose(state.store, "greet").descriptor.digest == state.two.descriptor.digest);
}

TEST_CASE("a function that names a digest stays with it") {
  State state;
  state.store.publish("app:v1", state.one, 0);
  state.store.publish("app:v2", state.two, 0);
  const std::string pinned = "app@" + state.one.descriptor.digest.str();
  state.set("greet", pinned);
  const routing::Route route = routing::choose(state.store, "greet");
  CHECK(route.descriptor.digest == state.one.descriptor.digest);
  CHECK(route.reference == pinned);
  CHECK(route.version == state.one.descriptor.digest.brief());
  state.store.publish("app:v1", state.two, 0);
  CHECK(routing::choose(state.store, "greet").descriptor.digest == state.one.descriptor.digest);
}

TEST_CASE("no such function, no such image any more") {
  State state;
  state.store.publish("app:v1", state.one, 0);
  state.set("greet", "app:v1");
  CHECK(error_of([&] { routing::choose(state.store, "gret"); }) ==
        "not_found: function 'gret' not found (did you mean 'greet'?)");
  state.store.publish("app:v2", state.one, 0);
  state.store.remove({"app:v1"});
  CHECK(error_of([&] { routing::choose(state.store, "greet"); }) ==
        "not_found: function 'greet': image 'app:v1' not found (did you mean 'app:v2'?)");
}
