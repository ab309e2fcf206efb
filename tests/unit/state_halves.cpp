// SPDX-License-Identifier: Apache-2.0
#include "earlier_state.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/index_entries.hpp"
#include "state/store.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;
using state::Store;
namespace fs = std::filesystem;

namespace {

// A store whose notes are kept.
struct Home {
  Store open(Store::Access access = Store::Access::write) {
    return Store::open(scratch.path("home"), access, 5s, [this](const std::string& text) { notes += text + '\n'; });
  }
  // "NAME=CONTENT ..", by reference. Opened for writing before, so that both halves agree.
  std::string images() {
    const Store store = open();
    std::string text;
    for (const state::ImageRow& row : store.images()) text += row.reference + '=' + row.descriptor.digest.brief() + ' ';
    CHECK(store.check(true).empty());
    for (const oci::Descriptor& entry : store.layout().read_index()) {
      const auto needed = store.reachable();
      CHECK(std::binary_search(needed.begin(), needed.end(), entry.digest));
    }
    return text;
  }
  std::string file(const std::string& name) const { return scratch.path("home/" + name); }
  void copy(const std::string& from, const std::string& to) const {
    fs::copy_file(file(from), file(to), fs::copy_options::overwrite_existing);
  }

  Scratch scratch;
  std::string notes;
};

oci::Descriptor entry(const std::string& name, const oci::Digest& digest, bool ours) {
  oci::Descriptor made;
  made.media_type = oci::media::manifest;
  made.digest = digest;
  made.size = 1;
  made.annotations[std::string(oci::annotation::ref_name)] = name;
  if (ours) made.annotations[std::string(oci::annotation::managed)] = "true";
  return made;
}

std::string names(const std::vector<oci::Descriptor>& entries) {
  std::string text;
  for (const oci::Descriptor& one : entries) text += one.annotation(oci::annotation::ref_name) + ' ';
  return text;
}

}  // namespace

TEST_CASE("what only one half names: an entry's mark decides nothing but whose it is") {
  const oci::Digest one = oci::Digest::of("1");
  const oci::Digest two = oci::Digest::of("2");
  state::Halves halves;
  halves.rows.push_back({.reference = "row:1", .descriptor = entry("", one, false), .created = {}, .platform = {}});
  halves.rows.push_back({.reference = "new:1", .descriptor = entry("", one, false), .created = {}, .platform = {}});
  halves.unwritten = {{"new:1", one}, {"old:1", one}, {"row:1", oci::Digest::of("before")}};
  halves.entries = {entry("mine:1", two, true),    entry("bare", two, true),
                    entry("theirs:1", two, false), entry("row:1", two, false),
                    entry("old:1", one, true),     entry("mine:1", one, true),
                    entry("mine:1", two, false),   entry("row:1", oci::Digest::of("before"), true)};
  const state::Differences differences = state::compare(halves, false);
  CHECK(names(differences.unknown) == "mine:1 ");
  CHECK(names(differences.foreign) == "bare theirs:1 ");
  CHECK(names(differences.rivals) == "row:1 mine:1 ");
  CHECK(differences.absent.empty());
  CHECK(names(state::compare(halves, true).unknown) == "mine:1 theirs:1 ");
  halves.entries = {entry("row:1", one, false)};
  halves.unwritten.clear();
  CHECK(state::compare(halves, false).absent == std::vector<std::string>{"new:1"});
  CHECK(state::compare(halves, false).altered == std::vector<std::string>{"row:1"});
}

TEST_CASE("a rival's name is a tag, however long") {
  CHECK(state::rival_name(entry("a/b:v1", oci::Digest::of("1"), true)) == "a/b:v1-" + oci::Digest::of("1").brief());
  const std::string longest = state::rival_name(entry("h:5/b:" + std::string(128, 'x'), oci::Digest::of("1"), true));
  CHECK(oci::Reference::parse(longest).str() == longest);
}

TEST_CASE("a lost state.db is made from index.json, and both lost from the blobs") {
  Home home;
  std::string before;
  {
    Store store = home.open();
    store.publish("a:1", small_image(store.layout(), "a"), 1);
    store.publish("b:1", small_image(store.layout(), "b"), 1);
    const oci::Image theirs = small_image(store.layout(), "theirs");
    auto entries = store.layout().read_index();
    entries.push_back(entry("theirs:1", theirs.descriptor.digest, false));
    entries.back().size = theirs.descriptor.size;
    store.layout().write_index(entries);
  }
  before = home.images();
  CHECK(home.notes.empty());
  fs::remove(home.file("state.db"));
  CHECK(home.open(Store::Access::read).images().size() == 3);
  CHECK(home.notes ==
        "state.db was missing and is made again from index.json, without functions and channels: 'a:1', 'b:1', "
        "'theirs:1'\n");
  CHECK(home.images().starts_with(before));
  fs::resize_file(home.file("state.db"), 0);
  CHECK(home.images().starts_with(before));
  fs::remove(home.file("state.db"));
  fs::remove(home.file("index.json"));
  const std::string found = home.images();
  CHECK(std::count(found.begin(), found.end(), '=') == 3);
  CHECK(found.starts_with("recovered:"));
}

TEST_CASE("an older copy of either half loses nothing, and names stay with state.db") {
  Home home;
  std::string a1, a2, b, c;
  {
    Store store = home.open();
    const oci::Image first = small_image(store.layout(), "a1");
    store.publish("a:1", first, 1);
    store.publish("b:1", small_image(store.layout(), "b"), 1);
    a1 = first.descriptor.digest.brief();
    b = store.find("b:1")->descriptor.digest.brief();
  }
  home.copy("state.db", "old.db");
  home.copy("index.json", "old.json");
  {
    Store store = home.open();
    const oci::Image second = small_image(store.layout(), "a2");
    store.publish("a:1", second, 1);
    store.publish("c:1", small_image(store.layout(), "c"), 1);
    store.remove({"b:1"});
    a2 = second.descriptor.digest.brief();
    c = store.find("c:1")->descriptor.digest.brief();
  }
  const std::string newest = "a:1=" + a2 + " c:1=" + c + ' ';
  CHECK(home.images() == newest);
  home.copy("state.db", "new.db");
  home.copy("old.json", "index.json");
  CHECK(home.images() == "a:1=" + a2 + " a:1-" + a1 + '=' + a1 + " b:1=" + b + " c:1=" + c + ' ');
  home.copy("old.db", "state.db");
  const std::string all = home.images();
  for (const std::string& digest : {a1, a2, b, c}) CHECK(all.find('=' + digest) != all.npos);
  CHECK(all.starts_with("a:1=" + a1 + " a:1-"));
  CHECK(home.images() == all);  // and settles
}

TEST_CASE("a damaged index.json is kept beside, and its whole entries count") {
  Home home;
  std::string theirs;
  {
    Store store = home.open();
    const oci::Image image = small_image(store.layout(), "theirs");
    theirs = image.descriptor.digest.str();
    auto entries =
        std::vector{entry("theirs", image.descriptor.digest, false), entry("x:1", image.descriptor.digest, false)};
    for (oci::Descriptor& one : entries) one.size = image.descriptor.size;
    store.layout().write_index(entries);
    store.publish("a:1", small_image(store.layout(), "a"), 1);
  }
  const std::string whole = home.scratch.read("home/index.json");
  for (const std::string& damaged : {whole.substr(0, whole.rfind('}') - 3), "\"" + whole,
                                     std::string(whole).replace(whole.find("schema"), 1, "\0", 1)}) {
    home.scratch.write("home/index.json", damaged);
    home.notes.clear();
    CHECK(home.images().starts_with("a:1="));
    CHECK(home.notes.find("is kept as 'index.json.damaged-") != std::string::npos);
    CHECK(home.scratch.read("home/index.json").find("\"theirs\"") != std::string::npos);
  }
}

TEST_CASE("what a document of index.json mentions is not garbage, whatever form it has") {
  Home home;
  Store store = home.open();
  const oci::Descriptor data = store.layout().put("data", oci::media::layer);
  const std::string text =
      "{\"subject\":\"of a tool to come\",\"things\":[\"" + data.digest.str() + "\"]";  // not even JSON
  const oci::Descriptor document = store.layout().put(text, "application/x-new");
  store.layout().write_index({document});
  const auto needed = store.reachable();
  CHECK(std::binary_search(needed.begin(), needed.end(), data.digest));
  store.layout().write_index({});
  CHECK(store.reachable().empty());
}

TEST_CASE("a blob is proved once, and again when its file is another one") {
  Home home;
  Store store = home.open();
  const oci::Descriptor blob = store.layout().put("data", oci::media::layer);
  while (!store.layout().blob_stamp(blob.digest)->settled) {
  }
  const std::string file = "home/blobs/sha256/" + blob.digest.hex();
  state::Proofs proofs = store.proofs();
  CHECK(proofs.holds(blob));
  proofs.save();
  const auto known = [&] {
    const db::Database db(home.file("state.db"), db::Database::Access::read, 0x666e7374, 5s);
    db::Statement count = db.query("SELECT count(*) FROM proof");
    return count.step() ? count.integer(0) : 0;
  };
  CHECK(known() == 1);
  CHECK(store.proofs().holds(blob));
  home.scratch.write(file, "dat4");
  CHECK_FALSE(store.proofs().holds(blob));
  CHECK_FALSE(proofs.holds(blob));
  fs::remove(home.scratch.path(file));
  CHECK_FALSE(store.proofs().holds(blob));
  home.scratch.write(file, "data and more");
  CHECK_FALSE(store.proofs().holds(blob));
  home.scratch.write(file, "data");
  CHECK(store.proofs().holds(blob));
  store.index().keep_only({});
  CHECK(known() == 0);
}

TEST_CASE("a state of the version before, with images, is upgraded and agrees with its index.json") {
  Home home;
  {
    Store store = home.open();
    store.publish("a:1", small_image(store.layout(), "a"), 1);
  }
  make_earlier(home.file(""), 4);
  CHECK(home.images().starts_with("a:1="));
  CHECK(home.notes.empty());
}
