// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"
#include "cli/table.hpp"
#include "layer_index.hpp"
#include "state/store.hpp"
#include "sys/signal.hpp"
#include "verbs.hpp"

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

struct Gc {
  static constexpr std::string_view name = "gc";
  static constexpr std::string_view summary = "remove what no image needs from the store";
  static std::vector<cli::Example> examples() {
    return {{"fnimg gc -n", "what would go"}, {"fnimg gc", "waits for builds that are under way"}};
  }

  struct Request {
    bool reindex = false;
  };
  static void declare(cli::Command& command, Request& request) {
    command.flag("--reindex", request.reindex, "forget the index of files too; it is made again when it is needed");
  }

  struct Plan {
    bool exists = false;  // there is a store
    bool reindex = false;
    std::vector<Blob> blobs;
  };
  struct Result {
    std::vector<Blob> blobs;
    std::uint64_t leftovers = 0;  // of writers that were killed
  };

  static Plan plan(const Request& request, cli::Context& context) {
    const auto store = state::Store::open_if_exists(context.home, context.lock_timeout);
    if (!store) return {};
    return {.exists = true, .reindex = request.reindex, .blobs = unneeded(*store)};
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    Result result;
    if (!plan.exists) return result;
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout);
    const sys::FileLock lock = store.lock_for_removal();
    state::Index index = store.index();
    if (plan.reindex) index.clear();
    // Not the plan's list: between the two an image may have begun to need one of them.
    result.blobs = unneeded(store);
    index.keep_only(kept(store, result.blobs));
    forget_lost_sources(index);
    for (const Blob& blob : result.blobs) {
      sys::check_interrupt();
      store.layout().remove_blob(blob.digest);
    }
    result.leftovers = store.remove_leftovers();
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan.blobs, "would free");
    cli::Table table({{""}, {"", cli::Table::Align::right}});
    for (const Blob& blob : plan.blobs) table.row({blob.digest.str(), human_bytes(blob.size)});
    report.text = table.str() + report.text;
    report.json.set("dry_run", true);
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    cli::Report report = report_as(result.blobs, "freed");
    report.json.set("leftovers", result.leftovers);
    return report;
  }

  static cli::Report report_as(const std::vector<Blob>& blobs, std::string_view verb) {
    cli::Report report;
    Json removed = Json::array();
    Bytes bytes = 0;
    for (const Blob& blob : blobs) {
      removed.push(Json::object().set("digest", blob.digest.str()).set("size", blob.size));
      bytes += blob.size;
    }
    report.json.set("removed", std::move(removed)).set("bytes", bytes);
    report.text =
        fmt::format("{} {} in {} {}\n", verb, human_bytes(bytes), blobs.size(), blobs.size() == 1 ? "blob" : "blobs");
    return report;
  }
};

}  // namespace

cli::Verb gc_verb() {
  return cli::verb<Gc>();
}

}  // namespace fn::img
