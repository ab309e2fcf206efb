// SPDX-License-Identifier: Apache-2.0
#include "db/sqlite.hpp"
#include "elf_support.hpp"
#include "error_of.hpp"
#include "image/image_facts.hpp"
#include "layer_support.hpp"
#include "scratch.hpp"
#include "state/schema.hpp"

#include <filesystem>

using namespace fn;
using namespace fn::img;
namespace tar = fn::layer::test;

namespace {

using Texts = std::map<std::string, std::string>;

struct FactsState {
  Scratch scratch;
  std::string home = scratch.path("home");
  state::Store store = state::Store::open(home, state::Store::Access::write, std::chrono::seconds(5));
  cli::Progress progress{cli::ProgressMode::none, "fnimg", true};
  SystemClock clock;
  cli::Context context{
      .home = home, .lock_timeout = std::chrono::seconds(5), .jobs = 2, .clock = clock, .progress = progress};
  Limits limits;
  oci::Image image;

  explicit FactsState(const std::vector<std::vector<tar::Member>>& layers) {
    for (const std::vector<tar::Member>& members : layers) {
      image.manifest.layers.push_back(store.layout().put(tar::tar_of(members), oci::media::layer));
      image.config.diff_ids.push_back(image.manifest.layers.back().digest);
    }
  }

  ImageFacts read(state::Store* from) {
    const ImageFiles files = FileReader(from, context, limits).read(store.layout(), image);
    return read_image_facts(from, store.layout(), image, files, context, limits);
  }
  db::Database database() const {
    return {home + "/state.db", db::Database::Access::write, state::application_id, std::chrono::seconds(5)};
  }
  bool knows_all() {
    return std::all_of(image.manifest.layers.begin(), image.manifest.layers.end(), [&](const oci::Descriptor& layer) {
      return store.index().knows_facts(*store.index().find(layer.digest), 1);
    });
  }
  std::string blob(std::size_t layer) const {
    return home + "/blobs/sha256/" + image.manifest.layers[layer].digest.hex();
  }
};

std::vector<std::string> paths_of(const ImageFacts& facts) {
  std::vector<std::string> paths;
  for (const auto& [path, object] : facts.objects) paths.push_back(path);
  return paths;
}

const std::vector<std::vector<tar::Member>>& two_layers() {
  static const std::string library = SmallElf().build();
  static const std::vector<std::vector<tar::Member>> layers{
      {tar::bare(tar::directory("usr/lib")), tar::bare(tar::soft_link("lib", "usr/lib")),
       tar::file("usr/lib/liba.so", library), tar::bare(tar::hard_link("usr/lib/linked.so", "usr/lib/liba.so")),
       tar::file("bin/run", "#!/bin/sh\n:\n"), tar::bare(tar::hard_link("bin/again", "bin/run")),
       tar::file("etc/passwd", "old\n"), tar::file("opt/gone", "#!/gone\n"), tar::file("opt/plain", "plain\n")},
      {tar::file("opt/.wh.gone", ""), tar::file("etc/passwd", "new\n"), tar::file("lib/libb.so", library),
       tar::file("bin/changed", library), tar::file("bin/run", "#!/bin/bash\n:\n")}};
  return layers;
}

void check_two_layers(const ImageFacts& facts) {
  CHECK(paths_of(facts) ==
        std::vector<std::string>{"bin/changed", "usr/lib/liba.so", "usr/lib/libb.so", "usr/lib/linked.so"});
  CHECK(facts.texts == Texts{{"bin/again", "#!/bin/sh"}, {"bin/run", "#!/bin/bash"}, {"etc/passwd", "new\n"}});
  CHECK(elf::pack(facts.objects.at("usr/lib/libb.so")) == elf::pack(facts.objects.at("usr/lib/linked.so")));
}

}  // namespace

TEST_CASE("facts of an image are those of its visible files, where it has them") {
  FactsState state(two_layers());
  check_two_layers(state.read(nullptr));
  check_two_layers(state.read(&state.store));
  CHECK(state.knows_all());
}

TEST_CASE("facts that are known need no blob, and those that are not are learned from it") {
  FactsState state(two_layers());
  state.read(&state.store);
  for (const std::size_t layer : {0u, 1u})
    std::filesystem::rename(state.blob(layer), state.scratch.path("kept") + std::to_string(layer));
  check_two_layers(state.read(&state.store));
  state.database().execute("DELETE FROM segment_facts");
  CHECK(error_of([&] { state.read(&state.store); }).starts_with("not_found: "));
  for (const std::size_t layer : {0u, 1u})
    std::filesystem::rename(state.scratch.path("kept") + std::to_string(layer), state.blob(layer));
  check_two_layers(state.read(&state.store));
  CHECK(state.knows_all());
}

TEST_CASE("damaged facts are learned again") {
  for (const char* damage : {"UPDATE segment_facts SET facts = x'00'", "UPDATE segment_facts SET form = 7"}) {
    CAPTURE(std::string(damage));
    FactsState state(two_layers());
    state.read(&state.store);
    state.database().execute(damage);
    check_two_layers(state.read(&state.store));
    for (const std::size_t layer : {0u, 1u}) std::filesystem::remove(state.blob(layer));
    check_two_layers(state.read(&state.store));
  }
}

TEST_CASE("a table too far behind the beginning for a stream is read in a second pass") {
  SmallElf small;
  std::string library = small.build();
  const std::string strings = library.substr(small.at["strings"], small.at["dynamic"] - small.at["strings"]);
  constexpr std::size_t far = 20 << 20;
  // All of it is code.
  small.put(small.at["segment 0"] + 4, PF_X | PF_R, 4);
  small.put(small.at["segment 0"] + 32, far + strings.size(), 8);
  small.put(small.value_of(DT_STRTAB), SmallElf::base + far, 8);
  library = small.bytes();
  library.resize(far);
  library += strings;
  elf::FactsFromStream stream;
  stream.feed(std::as_bytes(std::span(library)));
  REQUIRE(stream.finish().outcome == elf::FactsFromStream::Outcome::incomplete);

  FactsState state({{tar::file("run", "#!x\n"), tar::file("far.so", library), tar::file("last", "#!y\n")}});
  for (int round = 0; round < 2; ++round) {
    const ImageFacts facts = state.read(&state.store);
    REQUIRE(facts.objects.size() == 1);
    CHECK(facts.objects.at("far.so").soname == "libsmall.so.1");
    CHECK(facts.texts == Texts{{"last", "#!y"}, {"run", "#!x"}});
  }
}

TEST_CASE("of a path that is twice in one tar, what came last counts") {
  const std::string library = SmallElf().build();
  FactsState state(
      {{tar::file("a", library), tar::file("a", "text\n"), tar::file("b", "#!x\n"), tar::file("b", library)}});
  for (state::Store* store : {static_cast<state::Store*>(nullptr), &state.store, &state.store}) {
    const ImageFacts facts = state.read(store);
    CHECK(paths_of(facts) == std::vector<std::string>{"b"});
    CHECK(facts.texts.empty());
  }
}

TEST_CASE("a layer of several segments") {
  const std::string library = SmallElf().build();
  std::vector<tar::Member> members;
  for (int n = 0; n < 12; ++n) {
    members.push_back(tar::file(fmt::format("f{:02}", n), std::string(3 << 20, 'x')));
    members.push_back(tar::file(fmt::format("f{:02}.so", n), library));
  }
  members.push_back(tar::file("large.so", library + std::string(20 << 20, 'x')));
  members.push_back(tar::file("run", "#!/bin/sh\n"));
  FactsState state({members});
  for (int round = 0; round < 2; ++round) {
    const ImageFacts facts = state.read(&state.store);
    CHECK(facts.objects.size() == 13);
    CHECK(facts.objects.contains("large.so"));
    CHECK(facts.texts == Texts{{"run", "#!/bin/sh"}});
  }
}
