// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/store.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::state;
using namespace std::chrono_literals;

namespace {

struct Published {
  Scratch scratch;
  Store store = Store::open(scratch.path("home"), Store::Access::write, 5s);
  Channels channels = store.channels();

  oci::Image image(const std::string& content) { return small_image(store.layout(), content); }
  ChannelVersion add(const std::string& version, const std::string& content, UnixTime now = 100) {
    return store.publish_version("python3", version, image(content), now);
  }
  std::string versions() const {
    std::string text;
    for (const ChannelVersion& each : channels.versions("python3"))
      text += fmt::format("{}={} ", each.number, each.version);
    return text;
  }
};

}  // namespace

TEST_CASE("versions are in the order of publishing, whatever they are called") {
  Published state;
  CHECK(state.add("3.12", "a").number == 1);
  CHECK(state.add("3.11", "b").number == 2);
  CHECK(state.add("", "c").version == "3");
  CHECK(state.channels.current("python3").version == "3");
  CHECK(state.versions() == "1=3.12 2=3.11 3=3 ");
}

TEST_CASE("the same image again is nothing, another image of that version is refused") {
  Published state;
  state.add("1.0", "a", 100);
  const ChannelVersion again = state.add("1.0", "a", 200);
  CHECK(again.number == 1);
  CHECK(again.image.updated_at == 100);
  CHECK(state.add("", "a").version == "1.0");
  CHECK(error_of([&] { state.add("1.0", "b"); }) ==
        "usage: channel 'python3' has another image as version '1.0' (give what changed a version of its own)");
  CHECK(state.versions() == "1=1.0 ");
}

TEST_CASE("a number is never given again, nor one that somebody called a version") {
  Published state;
  state.add("", "a");
  state.add("2", "b");
  state.channels.remove_version("python3", "2");
  CHECK(state.add("", "c").version == "3");
  state.add("4", "d");
  CHECK(state.add("5", "e").number == 5);
  state.add("6", "f");
  state.channels.remove_version("python3", "6");
  CHECK(state.add("7", "g").number == 7);
  CHECK(state.add("", "h").version == "8");
}

TEST_CASE("followers get the pinned version") {
  Published state;
  state.add("1", "a");
  state.add("2", "b");
  state.channels.set({.name = "python3", .pinned = "1", .is_held = false});
  CHECK(state.channels.current("python3").version == "1");
  CHECK(state.channels.resolve("python3@2").version == "2");
  CHECK(error_of([&] { state.channels.remove_version("python3", "1"); }) ==
        "usage: channel 'python3' is pinned to '1' ('fnimg channel pin python3 --off' first)");
  state.channels.set({.name = "python3", .pinned = "", .is_held = true});
  CHECK(state.channels.current("python3").version == "2");
  CHECK(state.channels.get("python3").is_held);
}

TEST_CASE("what does not exist comes with what may have been meant") {
  Published state;
  state.add("3.11.2", "a");
  const auto error = [&](const std::string& text) { return error_of([&] { state.channels.resolve(text); }); };
  CHECK(error("pyhton3") == "not_found: channel 'pyhton3' not found (did you mean 'python3'?)");
  CHECK(error("ruby") == "not_found: channel 'ruby' not found ('fnimg channel publish' makes a channel)");
  CHECK(error("python3@3.11.3") == "not_found: channel 'python3' has no version '3.11.3' (did you mean '3.11.2'?)");
  CHECK(error("Python").starts_with("usage: 'Python' is not a valid channel name"));
  CHECK(error("python3@").starts_with("usage: '' is not a valid version"));
  state.channels.remove_version("python3", "3.11.2");
  CHECK(error("python3") ==
        "not_found: channel 'python3' has no versions ('fnimg channel publish python3 SOURCE' adds one)");
}

TEST_CASE("a version is an image of the state: it resolves, its blobs are kept and checked") {
  Published state;
  const oci::Image image = state.image("a");
  state.store.publish_version("python3", "1", image, 100);
  CHECK(state.store.resolve("channel:python3").descriptor.digest == image.descriptor.digest);
  CHECK(state.store.resolve("channel:python3@1").reference == "channel:python3@1");
  CHECK(state.store.resolve(image.descriptor.digest.str()).reference == "channel:python3@1");
  CHECK(state.store.reachable().size() == 3);
  CHECK(state.store.check(true).empty());
  state.store.layout().remove_blob(image.manifest.config.digest);
  CHECK(state.store.check(false).at(0).problem == "is missing; 'channel:python3@1' needs it");
  state.channels.remove("python3");
  CHECK(state.store.reachable().empty());
}

TEST_CASE("an image may have the name that channels have") {
  Published state;
  const oci::Image image = state.image("image");
  state.store.publish("channel:python3", image, 1);
  state.add("1", "version");
  CHECK(state.store.resolve("channel:python3").descriptor.digest == image.descriptor.digest);
  CHECK(state.store.resolve("channel:python3@1").descriptor.digest != image.descriptor.digest);
}
