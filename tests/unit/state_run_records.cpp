// SPDX-License-Identifier: Apache-2.0
// A record of a run counts as long as state.db and the documents are the very files that it was made from, and its own
// bytes are whole.
#include "state/run_records.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace fn;
using state::RunRecord;
using state::RunRecords;

namespace {

const std::string blob_name(64, 'a');
const std::vector<std::string> digests{"sha256:" + blob_name};
const RunRecord app{.manifest = digests.front(),
                    .layers = {std::string(64, '0'), std::string(64, 'f')},
                    .entrypoint = {"/bin/app"},
                    .cmd = {"serve", ""},
                    .environment = {"A=1", "B=two words"},
                    .working_dir = "/srv",
                    .user = "app"};

void put(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

struct RecordedHome {
  RecordedHome() {
    std::filesystem::create_directories(dir.path() + "/blobs/sha256");
    put(dir.path() + "/state.db", "rows");
    put(dir.path() + "/blobs/sha256/" + blob_name, "{}");
  }
  void remember(const std::string& reference) const {
    const auto stamp = records.stamp(digests);
    REQUIRE(stamp);
    records.write(reference, app, digests, *stamp);
  }
  sys::TempDir dir{sys::temporary_directory(), "fn-test-"};
  RunRecords records{dir.path()};
};

}  // namespace

TEST_CASE("a record is found by every text that means its reference, and by no other") {
  const RecordedHome home;
  home.remember("app:latest");
  home.remember("team/app:v1");
  for (const char* text : {"app", "app:latest", "team/app:v1"}) CHECK(home.records.find(text) == app);
  for (const char* text :
       {"", "app:v1", "ap", "team/app", "app@sha256:aa", "../runs/app", ".", "..", "runs", "team,app:v1x"})
    CHECK_FALSE(home.records.find(text));
  home.records.forget("app:latest");
  CHECK_FALSE(home.records.find("app"));
  CHECK(home.records.find("team/app:v1"));
  home.records.forget("never:seen");
}

TEST_CASE("another state.db, another document or a flipped bit: no record") {
  const std::vector<std::function<void(const std::string&)>> damages{
      [](const std::string& home) { put(home + "/state.db", "other"); },
      [](const std::string& home) { std::filesystem::remove(home + "/state.db"); },
      [](const std::string& home) { put(home + "/blobs/sha256/" + blob_name, "[]"); },
      [](const std::string& home) { std::filesystem::remove(home + "/blobs/sha256/" + blob_name); },
      [](const std::string& home) { std::filesystem::resize_file(home + "/runs/app:latest", 40); },
      [](const std::string& home) { put(home + "/runs/app:latest", ""); }};
  for (const auto& damage : damages) {
    const RecordedHome home;
    home.remember("app:latest");
    REQUIRE(home.records.find("app"));
    damage(home.dir.path());
    CHECK_FALSE(home.records.find("app"));
  }
}

TEST_CASE("a record that leads elsewhere is none") {
  for (const std::string& layer : {std::string("../../etc"), std::string(63, '0') + "/", std::string(64, 'A')}) {
    const RecordedHome home;
    RunRecord record = app;
    record.layers = {layer};
    home.records.write("app:latest", record, digests, *home.records.stamp(digests));
    CHECK_FALSE(home.records.find("app"));
  }
}

TEST_CASE("each byte of a record counts") {
  const RecordedHome home;
  home.remember("app:latest");
  const std::string path = home.dir.path() + "/runs/app:latest";
  const std::string whole = sys::read_file(path, 1 << 20);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    put(path, flipped);
    CHECK_FALSE(home.records.find("app"));
  }
  put(path, whole);
  CHECK(home.records.find("app") == app);
}
