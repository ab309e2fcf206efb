// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/store.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace fn;
using namespace std::chrono_literals;
using state::Store;

namespace {

Store open_checked(const Scratch& scratch) {
  return Store::open(scratch.path("home"), Store::Access::write, 5s);
}

// "subject: problem" a line.
std::string findings(const Store& store, bool read_data = false) {
  std::string text;
  for (const state::Finding& finding : store.check(read_data)) text += finding.subject + ": " + finding.problem + '\n';
  return text;
}

std::string blob(const oci::Digest& digest) {
  return "home/blobs/sha256/" + digest.hex();
}

void tamper(const Scratch& scratch, const std::string& sql) {
  db::Database(scratch.path("home/state.db"), db::Database::Access::write, 0x666e7374, 5s).execute(sql);
}

std::vector<oci::Digest> sorted(std::vector<oci::Digest> digests) {
  std::sort(digests.begin(), digests.end());
  return digests;
}

}  // namespace

TEST_CASE("everything that a name needs is reachable, and nothing else") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  const oci::Image one = small_image(store.layout(), "1", oci::Platform::parse("amd64"));
  const oci::Image two = small_image(store.layout(), "2", oci::Platform::parse("s390x"));
  const oci::Image other = small_image(store.layout(), "3");
  store.layout().put("garbage", oci::media::config);
  CHECK(store.reachable().empty());
  oci::Image indexed = one;
  indexed.descriptor = small_index(store.layout(), {one, two});
  store.publish("app:v1", indexed, 0);
  CHECK(store.reachable() == sorted({indexed.descriptor.digest, one.descriptor.digest, one.manifest.config.digest,
                                     one.manifest.layers[0].digest, two.descriptor.digest, two.manifest.config.digest,
                                     two.manifest.layers[0].digest}));
  store.remove({"app:v1"});
  store.publish("app:v2", other, 0);
  CHECK(store.reachable() ==
        sorted({other.descriptor.digest, other.manifest.config.digest, other.manifest.layers[0].digest}));
}

TEST_CASE("nothing is garbage while a document that may need it can't be read") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  const oci::Image image = small_image(store.layout(), "1");
  store.publish("app:v1", image, 0);
  scratch.write(blob(image.descriptor.digest), std::string(image.descriptor.size, 'x'));
  CHECK(error_of([&] { store.reachable(); }) ==
        "integrity: image 'app:v1': blob '" + image.descriptor.digest.str() +
            "': digest mismatch (the blob is corrupt; import or pull the image again)");
  store.layout().remove_blob(image.descriptor.digest);
  CHECK(error_of([&] { store.reachable(); }) == "integrity: image 'app:v1': blob '" + image.descriptor.digest.str() +
                                                    "' is missing from '" + scratch.path("home") +
                                                    "' (import it again, or 'fnimg rm app:v1')");
}

TEST_CASE("a whole store has no findings") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  CHECK(findings(store, true).empty());
  const oci::Image image = small_image(store.layout(), "1");
  oci::Image indexed = image;
  indexed.descriptor = small_index(store.layout(), {image});
  store.publish("app:v1", image, 0);
  store.publish("app:v2", indexed, 0);
  scratch.write("home/blobs/sha256/.tmp-of-a-writer", "");
  CHECK(findings(store, true).empty());
}

TEST_CASE("blobs that are missing or cut short are found, and who needs them") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  const oci::Image image = small_image(store.layout(), "code");
  store.publish("app:v1", image, 0);
  store.publish("app:v2", image, 0);
  const oci::Digest& layer = image.manifest.layers[0].digest;
  scratch.write(blob(layer), "cod");
  CHECK(findings(store) == layer.str() + ": has 3 bytes, its descriptor says 4\n");
  store.layout().remove_blob(layer);
  CHECK(findings(store) == layer.str() + ": is missing; 'app:v1' needs it\n");
  store.layout().remove_blob(image.descriptor.digest);
  const std::string text = findings(store);
  CHECK(text.starts_with(image.descriptor.digest.str() + ": is missing; 'app:v1' needs it\n"));
  CHECK(text.find("app:v2: ") != text.npos);
}

TEST_CASE("a flipped bit is found where it can be seen") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  const oci::Image image = small_image(store.layout(), "code");
  store.publish("app:v1", image, 0);
  const oci::Digest& layer = image.manifest.layers[0].digest;
  scratch.write(blob(layer), "c0de");
  CHECK(findings(store).empty());
  CHECK(findings(store, true) ==
        layer.str() + ": digest mismatch: actual digest '" + oci::Digest::of("c0de").str() + "'\n");
}

TEST_CASE("documents that lie are found") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  oci::Image image = small_image(store.layout(), "code");
  image.manifest.layers.push_back(image.manifest.layers[0]);
  image.config.diff_ids.push_back(image.config.diff_ids[0]);  // in the rows, not in the stored config
  image.descriptor = store.layout().put(image.manifest.dump(), oci::media::manifest);
  store.publish("app:v1", image, 0);
  CHECK(findings(store) ==
        "app:v1: image '" + image.descriptor.digest.str() + "': the manifest has 2 layers, the config 1 diffIDs\n");
}

TEST_CASE("rows that were changed behind our back are found") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  store.publish("app:v1", small_image(store.layout(), "code"), 0);
  tamper(scratch, "DELETE FROM image_layer");
  CHECK(findings(store) == "app:v1: its layers in state.db do not match its manifest\n");
  tamper(scratch, "PRAGMA foreign_keys=OFF; INSERT INTO image_layer VALUES ('x:y', 0, '', '', '', '', 0, '')");
  CHECK(findings(store).starts_with("state.db: a row of 'image_layer' refers to a missing row of 'image'\n"));
  tamper(scratch, "DELETE FROM image_layer; UPDATE image SET digest = '../../../etc/passwd'");
  CHECK(error_of([&] { store.images(); }) ==
        "integrity: state.db is corrupt: '../../../etc/passwd' is not a digest "
        "(move the file away: the next command takes the images over from "
        "index.json)");
}

TEST_CASE("an index.json that says something else is found") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  const oci::Image image = small_image(store.layout(), "code");
  store.publish("app:v1", image, 0);
  store.layout().write_index({});
  CHECK(findings(store) ==
        "index.json: does not name 'app:v1', which state.db has; the next command that writes adds it\n");
  CHECK(store.layout().read_index().empty());
  tamper(scratch, "INSERT INTO unwritten (reference, digest) SELECT reference, digest FROM image");
  CHECK(findings(store).empty());  // a killed process left it so: it follows from the rows
  scratch.write("home/index.json", "[]");
  CHECK(findings(store) == "index.json: '" + scratch.path("home") + "/index.json': is not an object\n");
  store.repair_index();
  CHECK(findings(store).empty());
  auto entries = store.layout().read_index();
  entries.push_back(image.descriptor);
  entries.push_back(image.descriptor);
  entries.back().annotations = {{std::string(oci::annotation::ref_name), "th\neirs"}};
  store.layout().write_index(entries);
  CHECK(findings(store).empty());  // another tool may keep images here too
  CHECK(store.layout().read_index().size() == 3);
  entries.back().digest = oci::Digest::of("gone");
  store.layout().write_index(entries);
  CHECK(findings(store) == oci::Digest::of("gone").str() + ": is missing; index.json names it\n");
}

TEST_CASE("what lies among the blobs and is none is found") {
  const Scratch scratch;
  Store store = open_checked(scratch);
  scratch.write("home/blobs/sha256/notes", "");
  CHECK(findings(store) == "blobs/sha256/notes: is not a blob\n");
}
