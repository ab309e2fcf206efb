// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "function/target.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/store.hpp"

#include <doctest/doctest.h>
#include <filesystem>

using namespace fn;
using function::find_target;
using function::MissingLayers;
using namespace std::chrono_literals;

TEST_CASE("a directory is a target, by its absolute path") {
  const Scratch scratch;
  scratch.write("root/file", "x");
  const function::Target target = find_target(scratch.path("root/../root"), {scratch.path("home"), 1s}, {});
  CHECK(target.root.directory == scratch.path("root"));
  CHECK(target.digest.empty());
  CHECK(target.missing_layers == 0);
  CHECK(error_of([&] {
          find_target(scratch.path("root/file"), {scratch.path("home"), 1s}, {});
        }).find("is not a directory") != std::string::npos);
  CHECK(error_of([&] { find_target(scratch.path("none"), {scratch.path("home"), 1s}, {}); }) != "nothing");
}

TEST_CASE("layers that are not unpacked are counted, and stay where they are") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  {
    auto store = state::Store::open(home, state::Store::Access::write, 5s);
    const oci::Image image = small_image(store.layout(), "bytes");
    store.publish("app:v1", image, 1);
  }
  const function::StateOptions state{home, 5s};
  const function::Target target = find_target("app:v1", state, MissingLayers::count);
  CHECK(target.missing_layers == 1);
  CHECK(target.holds.empty());
  CHECK_FALSE(std::filesystem::exists(home + "/layers"));
  // As fn-layers leaves it.
  std::filesystem::create_directories(home + "/layers/" + target.root.layers.at(0));
  const function::Target ready = find_target("app:v1", state, MissingLayers::count);
  CHECK(ready.missing_layers == 0);
  CHECK(ready.holds.size() == 1);
}
