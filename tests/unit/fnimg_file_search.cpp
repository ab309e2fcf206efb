// SPDX-License-Identifier: Apache-2.0
#include "analysis/file_search.hpp"
#include "cli/context.hpp"
#include "error_of.hpp"
#include "fnimg_support.hpp"
#include "layer/append_tar_header.hpp"
#include "layer/tar_block.hpp"
#include "oci/layout.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::img;
using namespace fn::img::test;

namespace {

using Lines = std::vector<std::string>;

// An entry of a tar: a file with this content, or a whiteout.
using Member = std::pair<std::string, std::string>;

std::string tar_of(const std::vector<Member>& members) {
  std::vector<std::byte> bytes;
  for (const auto& [path, content] : members) {
    layer::append_tar_header(bytes, file(path, content).entry);
    const auto data = std::as_bytes(std::span(content));
    bytes.insert(bytes.end(), data.begin(), data.end());
    bytes.resize(bytes.size() + layer::tar_padding(content.size()));
  }
  bytes.resize(bytes.size() + layer::tar_trailer);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Store {
  Scratch scratch;
  oci::Layout layout = oci::Layout::create(scratch.path());
  cli::Progress progress{cli::ProgressMode::none, "fnimg", true};
  SystemClock clock;
  cli::Context context{.home = scratch.path(), .lock_timeout = {}, .clock = clock, .progress = progress};
  Limits limits;

  oci::Image image(const std::vector<std::vector<Member>>& layers) const {
    oci::Image image;
    for (const std::vector<Member>& members : layers) {
      const oci::Descriptor layer = layout.put(tar_of(members), oci::media::layer);
      image.manifest.layers.push_back(layer);
      image.config.diff_ids.push_back(layer.digest);
    }
    return image;
  }

  // "LAYER PATH" of each file that is found, with " hidden" if so.
  Lines search(const oci::Image& image, const std::string& what) {
    FileSearch search(FileReader(nullptr, context, limits), layout, {Query::parse(what)});
    search.expect(image);
    Lines lines;
    for (const Match& match : search.search(image))
      lines.push_back(fmt::format("{} {}{}", match.layer, match.entry.path, match.hidden ? " hidden" : ""));
    return lines;
  }
};

}  // namespace

TEST_CASE("a pattern without a slash is for the last part, with one for the whole path") {
  Store store;
  const oci::Image image = store.image({{{"etc/hosts", "1"}, {"hosts", "2"}, {"usr/lib/libz.so.1", "3"}}});
  CHECK(store.search(image, "hosts") == Lines{"0 etc/hosts", "0 hosts"});
  CHECK(store.search(image, "etc/*") == Lines{"0 etc/hosts"});
  CHECK(store.search(image, "/etc/hosts") == Lines{"0 etc/hosts"});
  CHECK(store.search(image, "libz.so.*") == Lines{"0 usr/lib/libz.so.1"});
  CHECK(store.search(image, "usr/*.so.1") == Lines{});
  CHECK(store.search(image, "usr/**/*.so.1") == Lines{"0 usr/lib/libz.so.1"});
}

TEST_CASE("case counts") {
  Store store;
  const oci::Image image = store.image({{{"README", "1"}, {"readme", "2"}}});
  CHECK(store.search(image, "readme") == Lines{"0 readme"});
  CHECK(store.search(image, "[Rr]*") == Lines{"0 README", "0 readme"});
}

TEST_CASE("what a layer above overwrites or deletes is found, and said to be hidden") {
  Store store;
  const oci::Image image = store.image({{{"a", "1"}, {"b", "2"}, {"c", "3"}}, {{"a", "4"}, {".wh.b", ""}}});
  CHECK(store.search(image, "?") == Lines{"0 a hidden", "0 b hidden", "0 c", "1 a"});
}

TEST_CASE("a whiteout is never found") {
  Store store;
  const oci::Image image = store.image({{{"a", "1"}}, {{".wh.a", ""}, {"d/.wh..wh..opq", ""}}});
  CHECK(store.search(image, "*") == Lines{"0 a hidden"});
  CHECK(store.search(image, "**") == Lines{"0 a hidden"});
  CHECK(store.search(image, oci::Digest::of("").str()) == Lines{});
}

TEST_CASE("a content is found by the beginning of its digest") {
  Store store;
  const oci::Image image = store.image({{{"a", "text"}, {"b", "other"}, {"empty", ""}}, {{"copy", "text"}}});
  CHECK(store.search(image, oci::Digest::of("text").str()) == Lines{"0 a", "1 copy"});
  CHECK(store.search(image, oci::Digest::of("text").str().substr(0, 13)) == Lines{"0 a", "1 copy"});
  CHECK(store.search(image, oci::Digest::of("").str()) == Lines{"0 empty"});
}

TEST_CASE("what is neither a digest nor a pattern is refused") {
  CHECK(error_of([] { Query::parse("sha256:12"); }).starts_with("usage: "));
  CHECK(error_of([] { Query::parse("sha256:wxyzwx"); }).starts_with("usage: "));
  CHECK(error_of([] { Query::parse("/"); }).starts_with("usage: "));
}
