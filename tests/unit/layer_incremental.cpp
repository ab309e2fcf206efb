// SPDX-License-Identifier: Apache-2.0
#include "layer/segment_plan.hpp"
#include "layer/verified_layer.hpp"
#include "layer_memory_store.hpp"
#include "layer_support.hpp"
#include "scratch.hpp"

#include <atomic>
#include <functional>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

std::string seeded_noise(std::size_t size, std::uint64_t seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = char('a' + ((seed = seed * 6364136223846793005U + 1442695040888963407U) >> 61));
  return bytes;
}

// Contents in memory; counts how often each is read, and keeps what is remembered.
class CountedFiles final : public Origin {
 public:
  std::unique_ptr<Reader> open(const Item& item) const override {
    ++reads;
    ++reads_of[std::size_t(item.spool_offset)];
    return std::make_unique<MemoryReader>(*this, contents[item.spool_offset]);
  }
  void remember(const Item& item, const Content& content) const override { known[item.spool_offset] = content; }

  std::vector<std::string> contents;
  mutable std::vector<std::atomic<int>> reads_of;
  mutable std::map<Bytes, Content> known;
  mutable std::atomic<int> reads = 0;
  bool settled = true;
  std::function<void()> when_done = {};

 private:
  class MemoryReader final : public Reader {
   public:
    MemoryReader(const CountedFiles& files, const std::string& bytes) : files_(files), bytes_(bytes) {}
    void read(Bytes offset, std::span<std::byte> buffer) override {
      if (offset + buffer.size() > bytes_.size()) fail(Kind::failure, "'f' changed while it was being read");
      std::memcpy(buffer.data(), bytes_.data() + offset, buffer.size());
    }
    void finish() override {
      if (files_.when_done) files_.when_done();
    }
    bool is_settled() const override { return files_.settled; }

   private:
    const CountedFiles& files_;
    const std::string& bytes_;
  };
};

// About 23 MiB in segments of every kind: 180 files, of which number 90 is 11 MiB and cut in its middle.
struct Project {
  Project() {
    for (std::size_t n = 0; n < 180; ++n)
      files->contents.push_back(seeded_noise(n == 90 ? 11 * MiB + 77 : 1 + n * 7919 % 130'000, n + 1));
    files->reads_of = std::vector<std::atomic<int>>(files->contents.size());
  }
  // What was remembered is known, as a stat cache would have it.
  std::vector<Item> items() const {
    std::vector<Item> items;
    for (std::size_t n = 0; n < files->contents.size(); ++n) {
      Item& item = items.emplace_back();
      item.entry.path = fmt::format("f-{:03}", n);
      item.entry.size = files->contents[n].size();
      item.origin = files;
      item.spool_offset = n;
      if (const auto known = files->known.find(n); known != files->known.end()) item.content = known->second;
    }
    return items;
  }
  void change(std::size_t file) const {
    files->contents[file][0] ^= 1;
    files->known.erase(file);
  }
  std::shared_ptr<CountedFiles> files = std::make_shared<CountedFiles>();
};

// A project, a home and what is known of its layers.
struct Builds {
  Scratch scratch;
  oci::Layout layout = oci::Layout::create(scratch.path("layout"));
  MemoryStore store;
  Project project;
  Codec codec = Codec::parse("zstd:1");

  Builds() { build(); }

  WrittenLayer build(const SegmentStore* from) {
    project.files->reads = 0;
    for (auto& reads : project.files->reads_of) reads = 0;
    return write_layer(project.items(), layout, {.codec = codec, .threads = 2, .advance = {}, .store = from});
  }
  WrittenLayer build() {
    WrittenLayer layer = build(&store);
    store.put(layer);
    return layer;
  }
  std::string blob_path(const oci::Digest& digest) const { return scratch.path("layout/blobs/sha256/" + digest.hex()); }
  std::string blob(const oci::Digest& digest) const { return sys::read_file(blob_path(digest), GiB); }

  // It is what a build that knows nothing makes, and its blob has that digest.
  void check_is_cold(const WrittenLayer& layer) {
    CHECK(oci::Digest::of(blob(layer.descriptor.digest)) == layer.descriptor.digest);
    const Scratch elsewhere;
    std::vector<Item> items = project.items();
    for (Item& item : items) item.content.reset();
    const WrittenLayer cold = write_layer(items, oci::Layout::create(elsewhere.path("layout")), {.codec = codec});
    CHECK(layer.descriptor.digest == cold.descriptor.digest);
    CHECK(layer.descriptor.size == cold.descriptor.size);
    CHECK(layer.diff_id == cold.diff_id);
  }
  std::size_t segment_of(std::size_t file) const {
    const auto items = project.items();
    const SegmentPlan plan = plan_segments(items);
    std::size_t segment = 0;
    while (plan.cuts[segment + 1] <= plan.starts[file]) ++segment;
    return segment;
  }
};

}  // namespace

TEST_CASE("nothing changed: nothing is read, and nothing is written") {
  Builds builds;
  const auto before = builds.layout.blobs();
  const WrittenLayer layer = builds.build();
  CHECK(layer.is_reused);
  CHECK(layer.segments.empty());
  CHECK(builds.project.files->reads == 0);
  CHECK(builds.layout.blobs() == before);
  builds.check_is_cold(layer);
}

TEST_CASE("one changed file: only the files of its own segment are read") {
  for (const std::size_t file : {std::size_t{0}, std::size_t{60}, std::size_t{150}, std::size_t{179}}) {
    CAPTURE(file);
    Builds builds;
    builds.project.change(file);
    const WrittenLayer layer = builds.build();
    CHECK_FALSE(layer.is_reused);
    for (std::size_t n = 0; n < builds.project.files->contents.size(); ++n) {
      CAPTURE(n);
      CHECK((builds.project.files->reads_of[n] > 0) == (builds.segment_of(n) == builds.segment_of(file)));
    }
    builds.check_is_cold(layer);
  }
}

TEST_CASE("a change in a file of several segments reads that file, and no segment without it") {
  Builds builds;
  builds.project.change(90);
  const WrittenLayer layer = builds.build();
  CHECK(builds.project.files->reads_of[0] == 0);
  CHECK(builds.project.files->reads_of[179] == 0);
  builds.check_is_cold(layer);
}

TEST_CASE("files that are new with a content that is not: nothing is compressed twice") {
  Builds builds;
  builds.project.files->known.clear();
  builds.store.asked = 0;
  const WrittenLayer layer = builds.build();
  CHECK_FALSE(layer.is_reused);
  CHECK(builds.store.asked > 0);
  builds.check_is_cold(layer);
}

TEST_CASE("bytes that were damaged on the disk meanwhile are made again") {
  for (const bool first : {true, false}) {
    CAPTURE(first);
    Builds builds;
    const StoredSegment stored = first ? builds.store.layers[0].front() : builds.store.layers[0].back();
    std::string bytes = builds.blob(stored.blob);
    bytes[stored.offset + stored.size / 2] ^= 1;
    sys::write_file_atomic(builds.blob_path(stored.blob), bytes);
    builds.project.change(60);
    builds.check_is_cold(builds.build());
  }
}

TEST_CASE("a blob that is gone, or cut short, is no reason to fail") {
  Builds builds;
  const oci::Digest old = builds.store.layers[0].front().blob;
  SUBCASE("gone") {
    std::filesystem::remove(builds.blob_path(old));
  }
  SUBCASE("cut short") {
    std::filesystem::resize_file(builds.blob_path(old), 100);
  }
  SUBCASE("gone, and something has changed too") {
    std::filesystem::remove(builds.blob_path(old));
    builds.project.change(60);
  }
  const WrittenLayer layer = builds.build();
  CHECK_FALSE(layer.is_reused);
  builds.check_is_cold(layer);
}

TEST_CASE("what an index says of bytes is not believed") {
  const auto lie = [](auto&& change) {
    Builds builds;
    for (auto& segments : builds.store.layers)
      for (StoredSegment& segment : segments) change(segment);
    for (auto& [key, segment] : builds.store.coded) change(segment);
    builds.project.change(60);
    builds.check_is_cold(builds.build());
  };
  lie([](StoredSegment& segment) { segment.checksum[3] ^= 1; });
  lie([](StoredSegment& segment) { segment.offset += 1; });
  lie([](StoredSegment& segment) { segment.size -= 1; });
  lie([](StoredSegment& segment) { segment.size = Bytes{1} << 62; });
  lie([](StoredSegment& segment) { segment.offset = Bytes{1} << 63; });
  lie([](StoredSegment& segment) { segment.blob_size += 1; });
}

TEST_CASE("a segment that is another one's, checksum and all, is found out by its length") {
  Builds builds;
  std::vector<StoredSegment>& segments = builds.store.layers[0];
  for (auto& [key, segment] : builds.store.coded) segment = segments.front();
  builds.project.change(0);
  builds.check_is_cold(builds.build());
}

TEST_CASE("states that can't be are an error") {
  Builds builds;
  for (StoredSegment& segment : builds.store.layers[0]) segment.tar_state.pop_back();
  builds.project.change(179);
  CHECK(error_of(Kind::integrity, [&] { builds.build(); }).starts_with("saved hash state is "));
}

TEST_CASE("another codec takes nothing over, and its result is its own") {
  Builds builds;
  for (const char* codec : {"none", "gzip:1", "zstd:2"}) {
    builds.codec = Codec::parse(codec);
    const WrittenLayer layer = builds.build();
    CHECK_FALSE(layer.is_reused);
    CHECK(builds.project.files->reads > 0);
    builds.check_is_cold(layer);
    CHECK(builds.build().is_reused);
  }
}

TEST_CASE("what is not settled is not remembered, and read again") {
  Builds builds;
  builds.project.files->settled = false;
  builds.project.change(60);
  builds.build();
  CHECK_FALSE(builds.project.files->known.contains(60));
  builds.project.files->settled = true;
  builds.build();
  CHECK(builds.project.files->reads_of[60] > 0);
  CHECK(builds.project.files->known.contains(60));
}

TEST_CASE("a file that is replaced while it is read fails the build, and nothing is remembered") {
  Builds builds;
  const auto before = builds.layout.blobs();
  builds.project.change(60);
  builds.project.files->when_done = [] { fail(Kind::failure, "'f' changed while it was being read"); };
  CHECK(error_of(Kind::failure, [&] { builds.build(); }) == "'f' changed while it was being read");
  CHECK_FALSE(builds.project.files->known.contains(60));
  CHECK(builds.layout.blobs() == before);
}
