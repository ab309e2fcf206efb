// SPDX-License-Identifier: Apache-2.0
// Under the lock for removal, so no build and no import is between its blobs and their name. What images need is found
// anew there, and not taken from the plan. Then, in this order: the index forgets the blobs that go, durably; the blobs
// go; then layer directories that no image has and nobody uses; then what killed writers left.
//
// The order is what a crash must not turn round: a row of the index that outlived its blob would promise bytes that are
// gone, while a blob that outlives its row is garbage for the next gc. If a document of an image of ours can't be read,
// no blob is removed.
#include "base/units.hpp"
#include "cli/table.hpp"
#include "image/all_images.hpp"
#include "image/layer_index.hpp"
#include "rootfs/layer_store.hpp"
#include "state/store.hpp"
#include "sys/signal.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <set>

namespace fn::img {
namespace {

struct Blob {
  oci::Digest digest;
  Bytes size = 0;
};

// The blobs that no image needs. Throws integrity if an image's documents can't be read: then nobody knows what it
// needs.
std::vector<Blob> unneeded(const state::Store& store) {
  const std::vector<oci::Digest> needed = store.reachable();
  std::vector<Blob> blobs;
  for (const oci::Digest& digest : store.layout().blobs()) {
    if (std::binary_search(needed.begin(), needed.end(), digest)) continue;
    if (const auto size = store.layout().blob_size(digest)) blobs.push_back({digest, *size});
  }
  return blobs;
}

// What stays: the index forgets a blob before it goes.
std::vector<oci::Digest> kept(const state::Store& store, const std::vector<Blob>& removed) {
  std::set<oci::Digest> stays;
  for (const oci::Digest& digest : store.layout().blobs()) stays.insert(digest);
  for (const Blob& blob : removed) stays.erase(blob.digest);
  return {stays.begin(), stays.end()};
}

// The layer directories that images of the state have, whoever named them.
std::set<std::string> needed_directories(const state::Store& store) {
  std::vector<oci::Descriptor> images = store.layout().salvage_index();
  for (const state::ImageRow& row : store.kept_images()) images.push_back(row.descriptor);
  std::set<std::string> names;
  for (const oci::Descriptor& descriptor : images)
    for (const oci::Image& image : images_of(store.layout(), descriptor))
      for (std::string& name : rootfs::layer_names(image)) names.insert(std::move(name));
  return names;
}

struct Gc {
  static constexpr std::string_view name = "gc";
  static constexpr std::string_view summary = "remove what no image needs";
  static std::vector<cli::Example> examples() {
    return {{"fnimg gc -n", "show what would be removed"}, {"fnimg gc", "waits for running builds"}};
  }

  struct Request {
    bool reindex = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command.flag("--reindex", request.reindex, "drop the file index too; it is rebuilt when needed");
  }

  struct Plan {
    bool exists = false;  // there is a state
    bool reindex = false;
    std::vector<Blob> blobs;
    std::vector<rootfs::LayerStore::Directory> directories;
  };
  struct Result {
    std::vector<Blob> blobs;
    std::vector<rootfs::LayerStore::Directory> directories;
    std::uint64_t leftovers = 0;  // of writers that were killed
  };

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store = state::Store::open_if_exists(context.home, context.lock_timeout, context.notes());
    if (!store) return {};
    return {.exists = true,
            .reindex = request.reindex,
            .blobs = unneeded(*store),
            .directories = rootfs::LayerStore(context.home).unneeded(needed_directories(*store))};
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    Result result;
    if (!plan.exists) return result;
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout, context.notes());
    const sys::FileLock lock = store.lock_for_removal();
    state::Index index = store.index();
    if (plan.reindex) index.clear();
    store.forget_unused();
    // Not the plan's list: between the two an image may have begun to need one of them.
    result.blobs = unneeded(store);
    index.keep_only(kept(store, result.blobs));
    forget_lost_sources(index);
    for (const Blob& blob : result.blobs) {
      sys::check_interrupt();
      store.layout().remove_blob(blob.digest);
    }
    rootfs::LayerStore::Removed removed = rootfs::LayerStore(context.home).remove_unneeded(needed_directories(store));
    result.directories = std::move(removed.directories);
    result.leftovers = store.remove_leftovers() + removed.leftovers;
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan.blobs, plan.directories, "would free");
    cli::Table table({{""}, {"", cli::Table::Align::right}});
    for (const Blob& blob : plan.blobs) table.row({blob.digest.str(), human_bytes(blob.size)});
    for (const auto& directory : plan.directories)
      table.row({"layers/" + directory.name, human_bytes(directory.bytes)});
    report.text = table.str() + report.text;
    report.json.set("dry_run", true);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report = report_as(result.blobs, result.directories, "freed");
    report.json.set("leftovers", result.leftovers);
    return report;
  }

  static cli::Report report_as(const std::vector<Blob>& blobs,
                               const std::vector<rootfs::LayerStore::Directory>& directories, std::string_view verb) {
    cli::Report report;
    Json removed = Json::array();
    Bytes bytes = 0;
    for (const Blob& blob : blobs) {
      removed.push(Json::object().set("digest", blob.digest.str()).set("size", blob.size));
      bytes += blob.size;
    }
    Bytes directory_bytes = 0;
    for (const auto& directory : directories) directory_bytes += directory.bytes;
    report.json.set("removed", std::move(removed))
        .set("bytes", bytes)
        .set("layer_directories", std::uint64_t{directories.size()})
        .set("layer_directory_bytes", directory_bytes);
    report.text =
        fmt::format("{} {} in {} {}", verb, human_bytes(bytes), blobs.size(), blobs.size() == 1 ? "blob" : "blobs");
    if (!directories.empty())
      report.text += fmt::format(", {} in {} layer {}", human_bytes(directory_bytes), directories.size(),
                                 directories.size() == 1 ? "directory" : "directories");
    report.text += "\n";
    return report;
  }
};

}  // namespace

cli::Verb gc_verb() {
  return cli::verb<Gc>();
}

}  // namespace fn::img
