// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "ordinary_user.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/home.hpp"
#include "state/store.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace fn;
using namespace std::chrono_literals;
using state::Store;
using Access = Store::Access;
namespace fs = std::filesystem;

namespace {

Store open(const Scratch& scratch, Access access = Access::write) {
  return Store::open(scratch.path("home"), access, 5s);
}

std::vector<std::string> names_in_index(const Store& store) {
  std::vector<std::string> names;
  for (const oci::Descriptor& entry : store.layout().read_index())
    names.push_back(entry.annotation(oci::annotation::ref_name));
  return names;
}

std::string error_at(const std::string& home, Access access) {
  return error_of([&] { Store::open(home, access, 0ms); });
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a published image is found by what it was") {
  const Scratch scratch;
  Store store = open(scratch);
  const oci::Image image = small_image(store.layout(), "code", oci::Platform::parse("arm64"));
  store.publish("app:v1", image, 1234);
  const Store reader = open(scratch, Access::read);
  const auto row = reader.find("app:v1");
  REQUIRE(row);
  CHECK(row->descriptor.digest == image.descriptor.digest);
  CHECK(row->descriptor.size == image.descriptor.size);
  CHECK(row->descriptor.media_type == oci::media::manifest);
  CHECK(row->created == "1970-01-01T00:00:00Z");
  CHECK(row->platform == "linux/arm64");
  CHECK(row->layer_bytes == 4);
  CHECK(row->updated_at == 1234);
  const auto layers = reader.layers("app:v1");
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].name == "code");
  CHECK(layers[0].follows == "main");
  CHECK(layers[0].digest == image.manifest.layers[0].digest);
  CHECK(layers[0].diff_id == image.config.diff_ids[0]);
  CHECK(layers[0].size == 4);
  CHECK_FALSE(reader.find("app:v2"));
  CHECK(reader.layers("app:v2").empty());
}

TEST_CASE("index.json says the same, so that any OCI tool reads the store in place") {
  const Scratch scratch;
  Store store = open(scratch);
  const oci::Image image = small_image(store.layout(), "code");
  store.publish("b/app:v1", image, 0);
  store.publish("app:v1", image, 0);
  CHECK(names_in_index(store) == Names{"app:v1", "b/app:v1"});
  CHECK(store.layout().read_index()[0].digest == image.descriptor.digest);
  for (const char* name : {"home/index.json", "home/state.db", "home/oci-layout"}) {
    struct stat status {};
    REQUIRE(stat(scratch.path(name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0644);
  }
}

TEST_CASE("a name moves to another image, with its layers") {
  const Scratch scratch;
  Store store = open(scratch);
  store.publish("app:v1", small_image(store.layout(), "one"), 1);
  const oci::Image two = small_image(store.layout(), "two");
  store.publish("app:v1", two, 2);
  REQUIRE(store.images().size() == 1);
  CHECK(store.images()[0].descriptor.digest == two.descriptor.digest);
  CHECK(store.images()[0].updated_at == 2);
  REQUIRE(store.layers("app:v1").size() == 1);
  CHECK(store.layers("app:v1")[0].digest == two.manifest.layers[0].digest);
  CHECK(names_in_index(store) == Names{"app:v1"});
}

TEST_CASE("an image is not named as long as a blob of it is missing or cut short") {
  const Scratch scratch;
  Store store = open(scratch);
  const oci::Image image = small_image(store.layout(), "code");
  const oci::Digest& layer = image.manifest.layers[0].digest;
  scratch.write("home/blobs/sha256/" + layer.hex(), "cod");
  CHECK(error_of([&] { store.publish("app:v1", image, 0); }) ==
        "integrity: image 'app:v1': blob '" + layer.str() +
            "' has 3 bytes, its descriptor says 4 (the blob is corrupt; import or pull the image again)");
  store.layout().remove_blob(layer);
  CHECK(error_of([&] { store.publish("app:v1", image, 0); }) ==
        "integrity: image 'app:v1': blob '" + layer.str() + "' is missing");
  CHECK(store.images().empty());
}

TEST_CASE("names are removed all or none") {
  const Scratch scratch;
  Store store = open(scratch);
  const oci::Image image = small_image(store.layout(), "code");
  for (const char* name : {"app:v1", "app:v2", "app:v3"}) store.publish(name, image, 0);
  CHECK(error_of([&] {
          store.remove({"app:v1", "ap:v2"});
        }) == "not_found: image 'ap:v2' not found (did you mean 'app:v2'?)");
  CHECK(store.images().size() == 3);
  store.remove({"app:v1", "app:v3", "app:v1"});
  CHECK(names_in_index(store) == Names{"app:v2"});
  CHECK(store.layers("app:v1").empty());
  CHECK(store.layout().blob_size(image.descriptor.digest));
}

TEST_CASE("what a process was killed before writing is written by the next") {
  const Scratch scratch;
  {
    Store store = open(scratch);
    store.publish("app:v1", small_image(store.layout(), "code"), 0);
  }
  for (const std::string& damage : {oci::dump_index({}), std::string("{\"schemaVersion\":"), std::string()}) {
    scratch.write("home/index.json", damage);
    open(scratch, Access::read);
    CHECK(scratch.read("home/index.json") == damage);
    CHECK(names_in_index(open(scratch)) == Names{"app:v1"});
  }
  fs::remove(scratch.path("home/index.json"));
  CHECK(names_in_index(open(scratch)) == Names{"app:v1"});
}

TEST_CASE("what another tool wrote into index.json stays; where the name is ours, under another") {
  const Scratch scratch;
  Store store = open(scratch);
  const oci::Image ours = small_image(store.layout(), "ours");
  const oci::Image theirs = small_image(store.layout(), "theirs");
  store.publish("app:v1", ours, 0);
  auto entries = store.layout().read_index();
  for (const char* name : {"theirs:v1", "app:v1"}) {
    oci::Descriptor& entry = entries.emplace_back(theirs.descriptor);
    entry.annotations = {{std::string(oci::annotation::ref_name), name}};
  }
  store.layout().write_index(entries);
  store.publish("app:v2", ours, 0);
  const std::string digits = theirs.descriptor.digest.brief();
  CHECK(names_in_index(store) == Names{"app:v1", "app:v1-" + digits, "app:v2", "theirs:v1"});
  CHECK(store.layout().read_index()[0].digest == ours.descriptor.digest);
  CHECK(store.find("app:v1-" + digits)->descriptor.digest == theirs.descriptor.digest);
  store.remove({"app:v1", "app:v1-" + digits});
  CHECK(names_in_index(store) == Names{"app:v2", "theirs:v1"});
  const auto needed = store.reachable();
  CHECK(std::binary_search(needed.begin(), needed.end(), theirs.manifest.layers[0].digest));
  store.publish("theirs:v1", ours, 0);
  CHECK(names_in_index(store) == Names{"app:v2", "theirs:v1", "theirs:v1-" + digits});
  CHECK(store.layout().read_index()[1].digest == ours.descriptor.digest);
}

TEST_CASE("no state is an answer to who may have none, and an error to who needs one") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  CHECK_FALSE(Store::open_if_exists(home, 0ms));
  CHECK(error_at(home, Access::read) ==
        "not_found: no images in '" + home +
            "' yet ('fnimg build' and 'fnimg import' add images; --home selects another state)");
  CHECK_FALSE(fs::exists(home));
  // What a process that was killed at its first steps leaves.
  scratch.write("home/state.db", "");
  CHECK_FALSE(Store::open_if_exists(home, 0ms));
  CHECK(error_at(home, Access::write) == "nothing");
  CHECK(Store::open_if_exists(home, 0ms));
}

TEST_CASE("a home that can't be one says why") {
  const Scratch scratch;
  scratch.write("file", "");
  const std::string file = scratch.path("file");
  for (const Access access : {Access::read, Access::write}) {
    CHECK(error_at(file, access) ==
          "usage: '" + file + "' is not a directory (name a directory with --home or FN_HOME)");
    CHECK(error_at(file + "/below", access) ==
          "usage: '" + file + "/below' is not a directory (name a directory with --home or FN_HOME)");
  }
  fs::create_directory(scratch.path("closed"));
  REQUIRE(chmod(scratch.path("closed").c_str(), 0) == 0);
  fs::create_directory(scratch.path("kept"));
  REQUIRE(chmod(scratch.path("kept").c_str(), 0555) == 0);
  const std::string hint = "permission denied (check its owner and permissions, and those of the directories above)";
  const OrdinaryUser user;
  for (const Access access : {Access::read, Access::write})
    CHECK(error_at(scratch.path("closed"), access) ==
          "unsupported: cannot read '" + scratch.path("closed/state.db") + "': " + hint);
  CHECK(error_at(scratch.path("kept/new"), Access::write) ==
        "unsupported: cannot create directory '" + scratch.path("kept/new") + "': " + hint);
}

TEST_CASE("who may only read the store reads it, and is told that it can't be changed") {
  const Scratch scratch;
  {
    Store store = open(scratch);
    store.publish("app:v1", small_image(store.layout(), "code"), 0);
  }
  REQUIRE(chmod(scratch.path("home").c_str(), 0555) == 0);
  for (const auto& entry : fs::directory_iterator(scratch.path("home")))
    REQUIRE(chmod(entry.path().c_str(), entry.is_directory() ? 0555 : 0444) == 0);
  const OrdinaryUser user;
  {
    const Store store = open(scratch, Access::read);
    CHECK(store.load("app:v1").manifest.layers.size() == 1);
    CHECK(store.check(true).empty());
  }
  CHECK(error_at(scratch.path("home"), Access::write)
            .starts_with("unsupported: cannot open '" + scratch.path("home/index.lock") + "': permission denied ("));
  Store store = open(scratch, Access::read);
  CHECK(error_of([&] {
          store.remove({"app:v1"});
        }).starts_with("unsupported: cannot write '" + scratch.path("home/state.db") + "': permission denied ("));
}

TEST_CASE("a state of a newer version is refused, and stays as it is") {
  const Scratch scratch;
  open(scratch);
  db::Database(scratch.path("home/state.db"), db::Database::Access::write, 0x666e7374, 0ms)
      .execute("PRAGMA user_version=99");
  for (const Access access : {Access::read, Access::write})
    CHECK(
        error_at(scratch.path("home"), access) ==
        "integrity: '" + scratch.path("home") +
            "/state.db' was made by a newer version of fn (schema 99, this one knows 6) (use that version, or another "
            "directory with --home)");
}

TEST_CASE("blobs are removed only while nobody makes some") {
  const Scratch scratch;
  open(scratch);
  const Store store = Store::open(scratch.path("home"), Access::write, 0ms);
  {
    const sys::FileLock one = store.lock_for_blobs();
    const sys::FileLock two = store.lock_for_blobs();
    CHECK(error_of([&] {
            store.lock_for_removal();
          }).starts_with("busy: '" + scratch.path("home") + "/blobs.lock' is held by "));
  }
  const sys::FileLock removal = store.lock_for_removal();
  CHECK(error_of([&] { store.lock_for_blobs(); }).starts_with("busy: "));
  CHECK(store.remove_leftovers() == 0);
}

TEST_CASE("the home is found where it is usual") {
  const auto with = [](const char* home, const char* data, const char* user_home) {
    for (const auto& [name, value] : {std::pair{"FN_HOME", home}, {"XDG_DATA_HOME", data}, {"HOME", user_home}})
      value ? setenv(name, value, 1) : unsetenv(name);
    return state::default_home();
  };
  CHECK(with("/x", "/data", "/home/me") == "/x");
  const bool is_root = geteuid() == 0;
  if (is_root) {
    CHECK(with("", "/data", "/home/me") == "/var/lib/fn");
    REQUIRE(seteuid(65534) == 0);
  }
  CHECK(with("", "/data", "/home/me") == "/data/fn");
  CHECK(with(nullptr, "relative", "/home/me") == "/home/me/.local/share/fn");
  CHECK(with(nullptr, nullptr, "/home/me") == "/home/me/.local/share/fn");
  CHECK(error_of([&] { with(nullptr, nullptr, nullptr); }) ==
        "usage: no directory for the state: HOME is not set (give --home or FN_HOME)");
  if (is_root) REQUIRE(seteuid(0) == 0);
}
