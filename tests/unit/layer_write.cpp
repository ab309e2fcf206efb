// SPDX-License-Identifier: Apache-2.0
#include "layer/layer_writer.hpp"
#include "layer/segment_plan.hpp"
#include "layer/spool.hpp"
#include "layer/verified_layer.hpp"
#include "layer_support.hpp"
#include "sys/tempdir.hpp"

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <random>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

class MemoryOrigin final : public Origin {
 public:
  explicit MemoryOrigin(std::string bytes) : bytes_(std::move(bytes)) {}
  std::unique_ptr<Reader> open(const Item&) const override { return std::make_unique<MemoryReader>(bytes_); }

 private:
  class MemoryReader final : public Reader {
   public:
    explicit MemoryReader(const std::string& bytes) : bytes_(bytes) {}
    void read(Bytes offset, std::span<std::byte> buffer) override {
      if (offset + buffer.size() > bytes_.size()) fail(Kind::failure, "'f' changed while it was being read");
      std::memcpy(buffer.data(), bytes_.data() + offset, buffer.size());
    }
    void finish() override {}

   private:
    const std::string& bytes_;
  };
  std::string bytes_;
};

// 21 MiB: small files, one that is cut in its middle, links and an empty file.
std::vector<Member> members() {
  std::minstd_rand random(42);
  const auto text = [&](std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>('a' + random() % 8);
    return bytes;
  };
  std::vector<Member> made{bare(directory("d")), file("d/big", text(11 * MiB + 77)),
                           bare(hard_link("d/big2", "d/big"))};
  for (int i = 0; i < 200; ++i) made.push_back(file(fmt::format("f-{:03}", i), text(random() % 100'000)));
  made.push_back(file("z", ""));
  return made;
}

std::vector<Item> items_of(const std::vector<Member>& from) {
  std::vector<Item> items;
  for (const Member& member : from) {
    Item item;
    item.entry = member.entry;
    if (!member.content.empty()) item.origin = std::make_shared<MemoryOrigin>(member.content);
    items.push_back(std::move(item));
  }
  return items;
}

struct Store {
  sys::TempDir dir{std::filesystem::temp_directory_path(), "fn-test-"};
  oci::Layout layout = oci::Layout::create(dir.path() + "/layout");
  std::string blob(const oci::Digest& digest) const {
    return sys::read_file(dir.path() + "/layout/blobs/sha256/" + digest.hex(), GiB);
  }
  oci::Descriptor put(const std::string& bytes, oci::Compression compression) const {
    return layout.put(bytes, oci::layer_media_type(compression));
  }
};

std::string unpacked(const Store& store, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                     const ExpansionLimits& limits = {}) {
  VerifiedLayer layer(store.layout, descriptor, diff_id, limits);
  std::string tar = read_all(layer.tar());
  layer.finish();
  return tar;
}

std::string gzip(const std::string& text) {
  std::vector<std::byte> out;
  Compressor::make(Codec::parse("gzip"))->compress(std::as_bytes(std::span(text)), out);
  return text_of(out);
}

}  // namespace

TEST_CASE("a layer is the same bytes for any number of threads, and its tar is the members'") {
  const Store store;
  const auto made = members();
  const std::string tar = tar_of(made);
  const auto items = items_of(made);
  for (const char* codec : {"gzip", "zstd", "none"}) {
    CAPTURE(codec);
    const WrittenLayer one = write_layer(items, store.layout, {.codec = Codec::parse(codec)});
    CHECK(one.diff_id == oci::Digest::of(tar));
    CHECK(one.tar_bytes == tar.size());
    CHECK(one.descriptor.media_type == oci::layer_media_type(Codec::parse(codec).compression));
    CHECK(one.descriptor.annotation(oci::annotation::layer_codec) == Codec::parse(codec).str());
    CHECK(oci::Digest::of(store.blob(one.descriptor.digest)) == one.descriptor.digest);
    CHECK(unpacked(store, one.descriptor, one.diff_id) == tar);
    for (const unsigned threads : {0U, 2U, 8U, 100U}) {
      std::atomic<Bytes> done = 0;
      const WrittenLayer many =
          write_layer(items, store.layout,
                      {.codec = Codec::parse(codec), .threads = threads, .advance = [&](Bytes n) { done += n; }});
      CHECK(many.descriptor.digest == one.descriptor.digest);
      CHECK(many.descriptor.size == one.descriptor.size);
      CHECK(many.diff_id == one.diff_id);
      CHECK(done == tar.size());
    }
  }
}

TEST_CASE("each segment is a member or a frame of its own") {
  const Store store;
  const auto made = members();
  const std::string tar = tar_of(made);
  const SegmentPlan plan = plan_segments(items_of(made));
  REQUIRE(plan.segments() > 4);
  for (const char* codec : {"gzip", "zstd"}) {
    const auto compressor = Compressor::make(Codec::parse(codec));
    std::string wanted;
    std::vector<std::byte> out;
    for (std::size_t i = 0; i < plan.segments(); ++i) {
      const std::string part = tar.substr(plan.cuts[i], plan.cuts[i + 1] - plan.cuts[i]);
      compressor->compress(std::as_bytes(std::span(part)), out);
      wanted += text_of(out);
    }
    const auto written = write_layer(items_of(made), store.layout, {.codec = Codec::parse(codec), .threads = 2});
    CHECK(store.blob(written.descriptor.digest) == wanted);
  }
}

TEST_CASE("an empty layer is a tar of two zero blocks") {
  const Store store;
  const auto written = write_layer({}, store.layout, {});
  CHECK(unpacked(store, written.descriptor, written.diff_id) == trailer());
}

TEST_CASE("a file that shrank stops the layer and leaves no blob") {
  for (const unsigned threads : {1U, 4U}) {
    const Store store;
    auto items = items_of(members());
    items[50].entry.size += 512;
    CHECK(error_of(Kind::failure, [&] { write_layer(items, store.layout, {.threads = threads}); }) ==
          "'f' changed while it was being read");
    CHECK(store.layout.blobs().empty());
  }
}

TEST_CASE("a layer is read whole or not at all: forged diffID") {
  const Store store;
  const std::string tar = tar_of({file("a", std::string(100'000, 'a'))});
  const auto forged = oci::Digest::of("something else");
  for (const auto& [bytes, compression] :
       {std::pair{gzip(tar), oci::Compression::gzip}, std::pair{tar, oci::Compression::none}}) {
    const auto descriptor = store.put(bytes, compression);
    CHECK(unpacked(store, descriptor, oci::Digest::of(tar)) == tar);
    CHECK(error_of(Kind::integrity, [&] { unpacked(store, descriptor, forged); }) ==
          fmt::format("layer '{}': the config says diffID '{}', the tar has '{}'", descriptor.digest.str(),
                      forged.str(), oci::Digest::of(tar).str()));
  }
}

TEST_CASE("a damaged blob is a digest mismatch, wherever the damage is") {
  const Store store;
  const std::string tar = tar_of({file("a", std::string(100'000, 'a'))});
  const std::string good = gzip(tar);
  for (const std::size_t position : {std::size_t{0}, std::size_t{9}, good.size() / 2, good.size() - 1}) {
    CAPTURE(position);
    const auto descriptor = store.put(good, oci::Compression::gzip);
    std::string bad = good;
    bad[position] = static_cast<char>(bad[position] ^ 1);
    const std::string path = store.dir.path() + "/layout/blobs/sha256/" + descriptor.digest.hex();
    sys::write_file_atomic(path, bad);
    CHECK(error_of(Kind::integrity, [&] { unpacked(store, descriptor, oci::Digest::of(tar)); }) ==
          fmt::format("layer '{}': digest mismatch", descriptor.digest.str()));
    sys::write_file_atomic(path, good);
  }
}

TEST_CASE("an undamaged blob that is no good stream says what is wrong with it, each time it is asked") {
  const Store store;
  const std::string tar = tar_of({});
  const auto cut = store.put(gzip(tar).substr(0, 20), oci::Compression::gzip);
  CHECK(error_of(Kind::integrity, [&] { unpacked(store, cut, oci::Digest::of(tar)); }) ==
        fmt::format("layer '{}': truncated gzip stream", cut.digest.str()));
  VerifiedLayer layer(store.layout, cut, oci::Digest::of(tar));
  std::vector<std::byte> buffer(10'000);
  for (int i = 0; i < 2; ++i)
    CHECK(error_of(Kind::integrity, [&] {
            while (layer.tar().read(buffer) > 0) continue;
          }).ends_with("truncated gzip stream"));
  const auto bomb = store.put(gzip(std::string(2'000'000, '\0')), oci::Compression::gzip);
  CHECK(error_of(Kind::integrity, [&] { unpacked(store, bomb, oci::Digest::of(tar), {.max_bytes = 1'000'000}); }) ==
        fmt::format("layer '{}': layer expands to more than 1.0 MB", bomb.digest.str()));
}

TEST_CASE("a layer of a type that is none, or that isn't there") {
  const Store store;
  oci::Descriptor descriptor = store.put("x", oci::Compression::none);
  descriptor.media_type = "text/plain";
  CHECK(error_of(Kind::integrity, [&] { unpacked(store, descriptor, {}); }) ==
        fmt::format("layer '{}': unknown media type 'text/plain'", descriptor.digest.str()));
  descriptor.media_type = oci::media::layer;
  descriptor.digest = oci::Digest::of("y");
  CHECK_FALSE(error_of(Kind::not_found, [&] { unpacked(store, descriptor, {}); }).empty());
}

TEST_CASE("a reader that stops early stops the threads") {
  const Store store;
  const auto written = write_layer(items_of(members()), store.layout, {.codec = Codec::parse("zstd")});
  VerifiedLayer layer(store.layout, written.descriptor, written.diff_id);
  std::vector<std::byte> buffer(10);
  CHECK(layer.tar().read(buffer) > 0);
  VerifiedLayer moved = std::move(layer);
  moved.finish();
  VerifiedLayer untouched(store.layout, written.descriptor, written.diff_id);
}
