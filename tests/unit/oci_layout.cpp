// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "small_image.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace fn;
using namespace fn::oci;
namespace fs = std::filesystem;

namespace {

std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

void damage(const Scratch& scratch, const Digest& digest) {
  std::string bytes = scratch.read(blob_path(digest));
  bytes[0] = bytes[0] == 'x' ? 'y' : 'x';
  scratch.write(blob_path(digest), bytes);
}

// `depth` indexes around `inner`.
Descriptor nested(const Layout& layout, Descriptor inner, int depth) {
  for (int i = 0; i < depth; ++i) inner = layout.put(dump_index({inner}), media::index);
  return inner;
}

}  // namespace

TEST_CASE("a new layout is one that other tools read") {
  const Scratch scratch;
  const std::string path = scratch.path("a/b");
  Layout::create(path);
  CHECK(scratch.read("a/b/oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  CHECK(scratch.read("a/b/index.json") ==
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  CHECK(fs::is_directory(path + "/blobs/sha256"));
}

TEST_CASE("creating completes what a killed process began, and keeps what is there") {
  const Scratch scratch;
  fs::create_directories(scratch.path("blobs"));
  scratch.write("index.json", R"({"schemaVersion":2,"manifests":[]})");
  Layout::create(scratch.path());
  CHECK(scratch.read("index.json") == R"({"schemaVersion":2,"manifests":[]})");
  CHECK(error_of([&] { Layout::open(scratch.path()); }) == "nothing");
}

TEST_CASE("what is no layout is refused") {
  const Scratch scratch;
  const auto error = [&](const std::string& name) {
    const std::string text = error_of([&] { Layout::open(scratch.path(name)); });
    const std::size_t at = text.find(scratch.path());
    return at == text.npos ? text : text.substr(0, at) + text.substr(at + scratch.path().size());
  };
  CHECK(error("none") == "not_found: '/none' does not exist");
  scratch.write("file", "");
  CHECK(error("file") == "usage: '/file' is not a directory");
  scratch.write("empty/x", "");
  CHECK(error("empty") == "not_found: '/empty' is not an OCI image layout: 'oci-layout' is missing");
  scratch.write("old/oci-layout", R"({"imageLayoutVersion":"0.9"})");
  CHECK(error("old") == "integrity: '/old/oci-layout': layout version '0.9' is not 1.0.0");
  scratch.write("bare/oci-layout", layout_marker);
  CHECK(error("bare") == "integrity: '/bare' is not an OCI image layout: directory 'blobs/sha256' is missing");
}

TEST_CASE("a blob is there when it is committed, under its digest, and readable by others") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Digest digest = Digest::of("abc");
  {
    BlobWriter writer = layout.new_blob();
    writer.write(std::as_bytes(std::span(std::string_view("abc"))));
    CHECK(writer.size() == 3);
    CHECK_FALSE(layout.blob_size(digest));
    CHECK(writer.commit() == digest);
  }
  CHECK(layout.blob_size(digest) == 3);
  CHECK(scratch.read(blob_path(digest)) == "abc");
  struct stat status {};
  REQUIRE(stat(scratch.path(blob_path(digest)).c_str(), &status) == 0);
  CHECK((status.st_mode & 0444) == 0444);
  layout.remove_blob(digest);
  layout.remove_blob(digest);
  CHECK(layout.blobs().empty());
}

TEST_CASE("a blob that must have a digest and hasn't is not stored") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  BlobWriter writer = layout.new_blob();
  CHECK(error_of([&] { writer.commit(Digest::of("abc")); }) ==
        fmt::format("integrity: blob '{}': digest mismatch: actual digest '{}'", Digest::of("abc").str(),
                    Digest::of("").str()));
  CHECK(layout.blobs().empty());
}

TEST_CASE("storing a blob again heals a damaged one") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Descriptor descriptor = layout.put("abc", media::config);
  damage(scratch, descriptor.digest);
  layout.put("abc", media::config);
  CHECK(layout.read_blob(descriptor) == "abc");
}

TEST_CASE("no byte of a document is used unless its digest matches") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  Descriptor descriptor = layout.put("abc", media::config);
  CHECK(layout.read_blob(descriptor) == "abc");
  CHECK(error_of([&] { layout.read_blob(descriptor, 2); }) ==
        "usage: document '" + descriptor.digest.str() + "' has 3 bytes, limit 2");
  damage(scratch, descriptor.digest);
  const std::string hint = " (the blob is corrupt; import or pull the image again)";
  const std::string blob = "blob '" + descriptor.digest.str() + "'";
  CHECK(error_of([&] { layout.read_blob(descriptor); }) == "integrity: " + blob + ": digest mismatch" + hint);
  descriptor.size = 4;
  CHECK(error_of([&] { layout.open_blob(descriptor); }) ==
        "integrity: " + blob + " has 3 bytes, its descriptor says 4" + hint);
  layout.remove_blob(descriptor.digest);
  CHECK(error_of([&] { layout.open_blob(descriptor); }) ==
        "not_found: " + blob + " is missing from '" + scratch.path() + "'");
}

TEST_CASE("only a regular file is a blob") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Digest digest = Digest::of("abc");
  Descriptor descriptor;
  descriptor.digest = digest;
  descriptor.size = 3;
  const std::string path = scratch.path(blob_path(digest));
  const std::string refusal = "integrity: blob '" + digest.str() + "' is not a regular file";
  scratch.write("elsewhere", "abc");

  // A link that we made is followed, one of somebody else is not.
  fs::create_symlink(scratch.path("elsewhere"), path);
  CHECK(layout.read_blob(descriptor) == "abc");
  CHECK(layout.blob_size(digest) == 3);
  if (geteuid() == 0) {
    REQUIRE(lchown(path.c_str(), 12345, 12345) == 0);
    CHECK(error_of([&] { layout.open_blob(descriptor); }) == refusal);
    CHECK(error_of([&] { layout.blob_size(digest); }) == refusal);
  }
  fs::remove(path);
  fs::create_symlink(scratch.path(), path);
  CHECK(error_of([&] { layout.open_blob(descriptor); }) == refusal);
  fs::remove(path);
  fs::create_symlink(scratch.path("nowhere"), path);
  CHECK(error_of([&] { layout.open_blob(descriptor); }).starts_with("not_found: "));
  fs::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK(error_of([&] { layout.open_blob(descriptor); }) == refusal);
  fs::remove(path);
  fs::create_directory(path);
  CHECK(error_of([&] { layout.open_blob(descriptor); }) == refusal);
  std::vector<std::string> strays;
  CHECK(layout.blobs([&](const std::string& name) { strays.push_back(name); }).empty());
  CHECK(strays == std::vector<std::string>{blob_path(digest)});
}

TEST_CASE("blobs are listed sorted, strangers apart, and temporary files not at all") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  std::vector<Digest> expected;
  for (const char* text : {"a", "b", "c", "d"}) expected.push_back(layout.put(text, media::config).digest);
  std::sort(expected.begin(), expected.end());
  scratch.write("blobs/sha256/notes", "");
  scratch.write("blobs/sha256/.tmp-1", "");
  std::vector<std::string> strays;
  CHECK(layout.blobs([&](const std::string& name) { strays.push_back(name); }) == expected);
  CHECK(strays == std::vector<std::string>{"blobs/sha256/notes"});
}

TEST_CASE("what a killed writer left goes, and nothing else") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  scratch.write("blobs/sha256/.tmp-1", "");
  scratch.write(".tmp-2", "");
  scratch.write("blobs/sha256/tmp-3", "");
  fs::create_directory(scratch.path(".tmp-dir"));
  CHECK(layout.remove_leftovers() == 2);
  CHECK(layout.remove_leftovers() == 0);
  CHECK(fs::exists(scratch.path("blobs/sha256/tmp-3")));
  CHECK(fs::exists(scratch.path(".tmp-dir")));
}

TEST_CASE("the index is replaced whole, and left alone if nothing changes") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Descriptor entry = small_image(layout, "1").descriptor;
  layout.write_index({entry});
  CHECK(layout.read_index().front().digest == entry.digest);
  const auto inode = [&] {
    struct stat status {};
    stat(scratch.path("index.json").c_str(), &status);
    return status.st_ino;
  };
  const auto before = inode();
  layout.write_index({entry});
  CHECK(inode() == before);
  fs::remove(scratch.path("index.json"));
  CHECK(error_of([&] { layout.read_index(); }) ==
        "integrity: '" + scratch.path() + "' is not an OCI image layout: 'index.json' is missing");
}

TEST_CASE("an image is its documents' very bytes") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  // Blanks and order that we would not write.
  const std::string config =
      R"({ "os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": [], "type": "layers"} })";
  const Descriptor descriptor = layout.put(config, media::config);
  const std::string manifest =
      fmt::format("{{ \"layers\": [], \"config\": {},\n \"schemaVersion\": 2 }}", descriptor.json().dump());
  const Image image = layout.load(layout.put(manifest, media::manifest));
  CHECK(image.manifest_text == manifest);
  CHECK(image.config_text == config);
  CHECK(image.descriptor.digest == Digest::of(manifest));
}

TEST_CASE("an index gives the image for the platform, whatever else is in it") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Image amd64 = small_image(layout, "1", Platform::parse("amd64"));
  const Image amd64_v3 = small_image(layout, "2", Platform::parse("amd64/v3"));
  const Image arm_v6 = small_image(layout, "3", Platform::parse("arm/v6"));
  const Image arm_v7 = small_image(layout, "4", Platform::parse("arm/v7"));
  const Image arm64 = small_image(layout, "5", {.os = "linux", .architecture = "arm64", .variant = "v8"});
  const Image attestation = small_image(layout, "6", {.os = "unknown", .architecture = "unknown", .variant = {}});
  const Descriptor index = small_index(layout, {attestation, amd64_v3, amd64, arm_v6, arm_v7, arm64});
  const auto loaded = [&](const std::string& platform) {
    return layout.load(index, Platform::parse(platform)).descriptor.digest;
  };
  CHECK(loaded("amd64") == amd64.descriptor.digest);
  CHECK(loaded("amd64/v3") == amd64_v3.descriptor.digest);
  CHECK(loaded("amd64/v4") == amd64_v3.descriptor.digest);
  CHECK(loaded("amd64/v2") == amd64.descriptor.digest);
  CHECK(loaded("arm/v7") == arm_v7.descriptor.digest);
  CHECK(loaded("arm/v6") == arm_v6.descriptor.digest);
  CHECK(loaded("arm64") == arm64.descriptor.digest);
  CHECK(error_of([&] { loaded("arm/v5"); }).starts_with("not_found: "));
  CHECK(error_of([&] { loaded("s390x"); }) == "not_found: index '" + index.digest.str() +
                                                  "' has no image for 'linux/s390x' (it has images for linux/amd64/v3, "
                                                  "linux/amd64, linux/arm/v6, linux/arm/v7, "
                                                  "linux/arm64/v8)");
}

TEST_CASE("indexes nest, but not without end") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Image image = small_image(layout, "1");
  CHECK(layout.load(nested(layout, image.descriptor, 4)).descriptor.digest == image.descriptor.digest);
  CHECK(error_of([&] {
          layout.load(nested(layout, image.descriptor, 5));
        }).ends_with("is nested more than 4 levels deep"));
  const Descriptor empty = layout.put(dump_index({}), media::index);
  CHECK(error_of([&] { layout.load(empty, Platform::parse("amd64")); }) ==
        "not_found: index '" + empty.digest.str() + "' has no image for 'linux/amd64' (it contains no image)");
}

TEST_CASE("an index that names one index a thousand times is read once") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  Descriptor index = small_image(layout, "1").descriptor;
  // 1000 ^ 4 readings for who follows each entry
  for (int depth = 0; depth < 4; ++depth)
    index = layout.put(dump_index(std::vector<Descriptor>(1000, index)), media::index);
  CHECK(layout.load(index).manifest.layers.size() == 1);
}

TEST_CASE("a descriptor of something else is no image") {
  const Scratch scratch;
  const Layout layout = Layout::create(scratch.path());
  const Descriptor descriptor = layout.put("{}", "text/pl\nain");
  CHECK(error_of([&] { layout.load(descriptor); }) ==
        "integrity: manifest '" + descriptor.digest.str() + "': 'text/pl\\nain' is not the media type of an image");
}
