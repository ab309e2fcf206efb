// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"
#include "earlier_state.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/schema.hpp"
#include "state/store.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::state;
using namespace std::chrono_literals;

namespace {

std::string digest_of(std::string_view text) {
  const Sha256::Value digest = Sha256::of(text);
  return {digest.begin(), digest.end()};
}

IndexedSegment segment(const std::string& files, const std::string& prefix, Bytes size = 10) {
  return {.key = digest_of(files),
          .files = files,
          .coded = "coded " + files,
          .prefix = prefix,
          .size = size,
          .checksum = "checksum " + files,
          .tar_state = "tar " + prefix,
          .blob_state = "blob " + prefix,
          .package_lists = {}};
}

IndexedLayer layer(const std::string& name, Bytes size = 100) {
  return {.id = 0,
          .digest = oci::Digest::of(name),
          .size = size,
          .diff_id = oci::Digest::of("tar of " + name),
          .is_made = true};
}

struct IndexedState {
  Scratch scratch;
  std::string home = scratch.path("home");
  Store store = Store::open(home, Store::Access::write, 5s);
  Index index = store.index();

  db::Database database() const { return {home + "/state.db", db::Database::Access::write, application_id, 5s}; }
  void execute(std::string_view sql) const { database().execute(sql); }
  std::int64_t count(const std::string& table) const {
    const db::Database db = database();
    db::Statement row = db.query("SELECT count(*) FROM " + table);
    row.step();
    return row.integer(0);
  }
};

const std::vector<IndexedSegment> abc{segment("a", "p1", 10), segment("b", "p2", 20), segment("c", "p3", 30)};

}  // namespace

TEST_CASE("a layer is found with its segments, in their order and at their places") {
  IndexedState state;
  state.index.put(layer("one"), abc);
  const auto found = state.index.find(oci::Digest::of("one"));
  REQUIRE(found);
  CHECK(found->size == 100);
  CHECK(found->diff_id == oci::Digest::of("tar of one"));
  CHECK(found->is_made);
  CHECK(state.index.files(*found) == std::vector<std::string>{"a", "b", "c"});
  CHECK(state.index.is_sound(*found));
  const auto place = state.index.segment_coded("coded c");
  REQUIRE(place);
  CHECK(place->blob == oci::Digest::of("one"));
  CHECK(place->blob_size == 100);
  CHECK(place->offset == 30);
  CHECK(place->size == 30);
  CHECK(place->checksum == "checksum c");
  CHECK(place->tar_state == "tar p3");
  CHECK(place->blob_state == "blob p3");
  CHECK_FALSE(state.index.find(oci::Digest::of("two")));
  CHECK_FALSE(state.index.segment_coded("coded d"));
  CHECK_FALSE(state.index.segment_coded(""));
  CHECK(state.index.knows_segment(digest_of("a")));
  CHECK_FALSE(state.index.knows_segment(digest_of("d")));
}

TEST_CASE("the longest beginning that some layer has") {
  IndexedState state;
  state.index.put(layer("one"), abc);
  state.index.put(layer("two"), {abc[0], segment("x", "q2"), segment("y", "q3")});
  const auto length = [&](const std::vector<std::string>& prefixes) {
    return state.index.longest_prefix(prefixes).size();
  };
  CHECK(length({}) == 0);
  CHECK(length({"p1"}) == 1);
  CHECK(length({"p1", "p2", "new"}) == 2);
  CHECK(length({"p1", "p2", "p3"}) == 3);
  CHECK(length({"p1", "p2", "p3", "p4", "p5"}) == 3);
  CHECK(length({"p1", "q2", "q3", "new"}) == 3);
  CHECK(length({"new", "p2", "p3"}) == 0);
  CHECK(state.index.longest_prefix({"p1", "q2", "new"})[1].blob == oci::Digest::of("two"));
  CHECK(state.index.layer_ending_with("q3")->digest == oci::Digest::of("two"));
  CHECK_FALSE(state.index.layer_ending_with("new"));
  CHECK_FALSE(state.index.layer_ending_with(""));
}

TEST_CASE("a blob that is indexed again has what was said last, and segments are shared") {
  IndexedState state;
  state.index.put(layer("one"), abc);
  state.index.put(layer("two"), {abc[0], abc[1]});
  CHECK(state.count("segment") == 3);
  state.index.put(layer("one", 99), {segment("z", "r1")});
  CHECK(state.count("layer") == 2);
  CHECK(state.index.find(oci::Digest::of("one"))->size == 99);
  CHECK(state.index.files(*state.index.find(oci::Digest::of("one"))) == std::vector<std::string>{"z"});
  CHECK(state.index.files(*state.index.find(oci::Digest::of("two"))) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("with a layer goes what only it used") {
  IndexedState state;
  auto listed = abc;
  listed[2].package_lists = {{.path = "var/lib/dpkg/status", .packages = "x"}};
  state.index.put(layer("one"), listed);
  state.index.put(layer("two"), {abc[0], abc[1]});
  CHECK(state.index.package_lists(*state.index.find(oci::Digest::of("one"))).at(0).path == "var/lib/dpkg/status");
  const std::vector<oci::Digest> both = [] {
    std::vector<oci::Digest> digests{oci::Digest::of("one"), oci::Digest::of("two")};
    std::sort(digests.begin(), digests.end());
    return digests;
  }();
  CHECK_FALSE(state.index.keep_only(both));
  CHECK(state.count("segment") == 3);
  CHECK(state.index.keep_only({oci::Digest::of("two")}));
  CHECK(state.count("segment") == 2);
  CHECK(state.count("layer_segment") == 2);
  CHECK(state.count("package_list") == 0);
  CHECK(state.index.keep_only({}));
  CHECK(state.count("segment") == 0);
}

TEST_CASE("facts of a segment are shared, learned later, and go with it") {
  using Facts = std::vector<std::optional<std::string>>;
  IndexedState state;
  const auto facts_of = [&](const char* name, std::int64_t form) {
    return state.index.facts(*state.index.find(oci::Digest::of(name)), form);
  };
  auto with_facts = abc;
  with_facts[0].facts = {.form = 1, .packed = std::string("f\0", 2)};
  with_facts[1].facts = {.form = 1, .packed = ""};
  state.index.put(layer("one"), with_facts);
  CHECK(facts_of("one", 1) == Facts{std::string("f\0", 2), "", std::nullopt});
  CHECK(facts_of("one", 2) == Facts(3));
  CHECK(state.index.knows_facts(digest_of("b"), 1));
  CHECK_FALSE(state.index.knows_facts(digest_of("b"), 2));
  CHECK_FALSE(state.index.knows_facts(digest_of("c"), 1));
  CHECK_FALSE(state.index.knows_facts(*state.index.find(oci::Digest::of("one")), 1));

  // A layer with the same segments, of which nobody said more.
  state.index.put(layer("two"), abc);
  CHECK(facts_of("two", 1)[0] == std::string("f\0", 2));
  // Segments that were known without them.
  with_facts[2].facts = {.form = 1, .packed = "late"};
  with_facts.push_back(segment("nowhere", "p4"));
  with_facts[3].facts = {.form = 1, .packed = "x"};
  state.index.put_facts(with_facts);
  CHECK(facts_of("one", 1)[2] == "late");
  CHECK(state.index.knows_facts(*state.index.find(oci::Digest::of("two")), 1));
  CHECK(state.count("segment_facts") == 3);
  // A newer form.
  with_facts[2].facts = {.form = 2, .packed = "new"};
  state.index.put(layer("three"), {with_facts[2]});
  CHECK(facts_of("one", 1)[2] == std::nullopt);
  CHECK(facts_of("three", 2) == Facts{"new"});

  state.index.keep_only({oci::Digest::of("three")});
  CHECK(state.count("segment_facts") == 1);
  state.index.clear();
  CHECK(state.count("segment_facts") == 0);
}

TEST_CASE("what is known of a directory") {
  IndexedState state;
  const std::uint64_t large = std::uint64_t{1} << 63;
  CHECK(state.index.source({1, 2, "/a"}).empty());
  const state::SourceDirectory tree{large, large - 1, "/tree"};
  state.index.put_source(tree, std::string("a\0b", 3));
  state.index.put_source(tree, std::string("a\0c", 3));
  CHECK(state.index.source(tree) == std::string("a\0c", 3));
  CHECK(state.index.source({large - 1, large, "/tree"}).empty());
  // Another directory at the same place: a checkout that was made anew.
  state.index.put_source({3, 4, "/tree"}, "d");
  CHECK(state.index.sources().size() == 1);
  CHECK(state.index.source(tree).empty());
}

TEST_CASE("a row that was damaged, in whatever column, is as good as none") {
  for (const char* damage :
       {"UPDATE layer_segment SET tar_state = x'00'", "UPDATE layer_segment SET blob_state = x'00'",
        "UPDATE layer_segment SET checksum = x'00'", "UPDATE layer_segment SET size = -1",
        "UPDATE layer_segment SET offset = offset + 1", "UPDATE layer_segment SET position = position + 7",
        "UPDATE layer_segment SET seal = x''", "UPDATE layer SET size = 7", "UPDATE layer SET digest = 'nonsense'",
        "UPDATE layer SET diff_id = 'sha256:' || printf('%064d', 1)"}) {
    CAPTURE(std::string(damage));
    IndexedState state;
    state.index.put(layer("one"), abc);
    state.execute(damage);
    CHECK(state.index.longest_prefix({"p1", "p2", "p3"}).empty());
    CHECK_FALSE(state.index.layer_ending_with("p3"));
    for (const char* coded : {"coded a", "coded b", "coded c"}) CHECK_FALSE(state.index.segment_coded(coded));
    if (const auto found = state.index.find(oci::Digest::of("one"))) CHECK_FALSE(state.index.is_sound(*found));
  }
}

TEST_CASE("a row in the middle that is gone, or another one's, ends the beginning there") {
  for (const char* damage :
       {"DELETE FROM layer_segment WHERE position = 1", "UPDATE layer_segment SET prefix = x'6f' WHERE position = 1",
        "UPDATE layer_segment SET tar_state = x'00' WHERE position = 1"}) {
    CAPTURE(std::string(damage));
    IndexedState state;
    state.index.put(layer("one"), abc);
    state.execute(damage);
    CHECK(state.index.longest_prefix({"p1", "p2", "p3"}).size() <= 1);
  }
}

TEST_CASE("no digest where one should be is damage, not a mistake of the user's") {
  IndexedState state;
  state.index.put(layer("one"), abc);
  state.execute("UPDATE layer SET digest = 'nonsense'");
  CHECK(error_of([&] { state.index.layers(); }) == "integrity: state.db is corrupt: 'nonsense' is not a digest");
}

TEST_CASE("rows of files that were damaged are noticed, and cured when they are learned again") {
  IndexedState state;
  state.index.put(layer("one"), abc);
  state.execute("UPDATE segment SET files = x'00' WHERE id = 2");
  CHECK_FALSE(state.index.is_sound(*state.index.find(oci::Digest::of("one"))));
  state.index.put(layer("two"), abc);
  for (const char* name : {"one", "two"}) {
    const auto found = state.index.find(oci::Digest::of(name));
    CHECK(state.index.files(*found) == std::vector<std::string>{"a", "b", "c"});
    CHECK(state.index.is_sound(*found));
  }
}

TEST_CASE("a state from before the index keeps its images") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  oci::Image image;
  {
    Store store = Store::open(home, Store::Access::write, 5s);
    image = small_image(store.layout(), "code");
    store.publish("app:v1", image, 1234);
  }
  make_earlier(home, 1);
  Store store = Store::open(home, Store::Access::write, 5s);
  CHECK(store.find("app:v1")->descriptor.digest == image.descriptor.digest);
  CHECK(store.layers("app:v1").size() == 1);
  Index index = store.index();
  CHECK(index.layers().empty());
  index.put(layer("one"), abc);
  CHECK(index.layers().size() == 1);
}
