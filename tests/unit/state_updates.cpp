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

// app:v1 and its updates: the image number n has the layer "n".
struct Updated {
  Scratch scratch;
  Store store = Store::open(scratch.path("home"), Store::Access::write, 5s);
  Updates journal = store.updates();
  oci::Image current = image(0);

  Updated() { store.publish("app:v1", current, 1000); }

  oci::Image image(int n) { return small_image(store.layout(), std::to_string(n)); }
  std::string digest(int n) { return image(n).descriptor.digest.str(); }

  Update change(const oci::Image& to, std::int64_t from_number, std::int64_t to_number) const {
    return {.reference = "app:v1",
            .kind = to_number > from_number ? Update::Kind::update : Update::Kind::rollback,
            .before = current.descriptor.digest,
            .after = to.descriptor.digest,
            .layers = {{.layer = "code",
                        .channel = "main",
                        .from_number = from_number,
                        .to_number = to_number,
                        .from_version = std::to_string(from_number),
                        .to_version = std::to_string(to_number)}},
            .changed_at = 2000 + to_number};
  }
  void move(int from, int to, std::size_t kept = images_kept) {
    const oci::Image next = image(to);
    const Update update = change(next, from, to);
    store.replace("app:v1", current.descriptor.digest, next, 2000, &update, kept);
    current = next;
  }
  bool resolves(int n) {
    return error_of([&] { store.resolve(digest(n)); }) == "nothing";
  }
};

}  // namespace

TEST_CASE("a tag moves only from what was planned, and the journal says so in the same transaction") {
  Updated state;
  const oci::Image next = state.image(1);
  const Update update = state.change(next, 0, 1);
  CHECK(error_of([&] { state.store.replace("app:v1", next.descriptor.digest, next, 2000, &update); }) ==
        "busy: 'app:v1' was changed by another command meanwhile (run the command again: it starts from what the name "
        "stands for now)");
  CHECK(state.journal.of("app:v1").empty());
  state.move(0, 1);
  const std::vector<Update> all = state.journal.of("app:v1");
  REQUIRE(all.size() == 1);
  CHECK(all[0].before.str() == state.digest(0));
  CHECK(all[0].after.str() == state.digest(1));
  CHECK(all[0].layers.at(0).to_version == "1");
  CHECK(state.store.find("app:v1")->descriptor.digest.str() == state.digest(1));
}

TEST_CASE("the last images of a reference stay, and resolve by their digests") {
  Updated state;
  for (int n = 1; n <= 7; ++n) state.move(n - 1, n);
  CHECK(state.journal.earlier("app:v1").size() == images_kept);
  for (int n = 0; n <= 7; ++n) CHECK(state.resolves(n) == (n >= 2));
  CHECK(state.store.resolve("app@" + state.digest(3)).reference == "app:v1@" + state.digest(3));
  CHECK(state.store.resolve("app:v1@" + state.digest(3)).descriptor.digest.str() == state.digest(3));
  CHECK(state.store.reachable().size() == 3 * 6);
  CHECK(state.store.check(true).empty());
  state.move(7, 8, 2);
  for (int n = 0; n <= 8; ++n) CHECK(state.resolves(n) == (n >= 6));
}

TEST_CASE("the highest version is remembered, and the one that was rolled back from") {
  Updated state;
  state.move(0, 1);
  state.move(1, 2);
  CHECK(state.journal.highest("app:v1", "main") == 2);
  CHECK(state.journal.rolled_back_from("app:v1", "main") == 0);
  state.move(2, 1);
  CHECK(state.journal.highest("app:v1", "main") == 2);
  CHECK(state.journal.rolled_back_from("app:v1", "main") == 2);
  CHECK(state.journal.last_to("app:v1", state.current.descriptor.digest)->before.str() == state.digest(0));
  state.move(1, 3);
  CHECK(state.journal.rolled_back_from("app:v1", "main") == 0);
  CHECK(state.journal.highest("other:v1", "main") == 0);
}

TEST_CASE("what a function has by its digest stays, whoever takes its name") {
  Updated state;
  const auto pin = [&](const std::string& image) {
    state.store.functions().set(
        "greet", [&](const std::optional<Function>&) { return Function{.name = "greet", .image = image}; }, 1);
  };
  pin("app@" + state.digest(0));
  state.store.publish("app:v1", state.image(1), 2000);
  CHECK(state.resolves(0));
  state.store.remove({"app:v1"});
  CHECK(state.resolves(0));
  CHECK_FALSE(state.resolves(1));
  CHECK(state.store.reachable().size() == 3);
  pin("other:v1");
  CHECK_FALSE(state.resolves(0));
  CHECK(state.store.reachable().empty());
  state.store.forget_unused();
  pin("app@" + state.digest(0));
  CHECK(state.store.reachable().empty());
}

TEST_CASE("a reference that is removed takes its journal along") {
  Updated state;
  state.move(0, 1);
  state.store.remove({"app:v1"});
  CHECK(state.journal.of("app:v1").empty());
  CHECK_FALSE(state.resolves(0));
  CHECK(state.store.reachable().empty());
}
