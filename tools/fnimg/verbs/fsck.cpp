// SPDX-License-Identifier: Apache-2.0
// First without reading layers: rows, documents and index.json (Store::check), then the index against itself and
// against what blobs there are. With --read-data every blob is read too, by several threads, the largest first. A
// thread takes the next blob that nobody has taken; it touches no database, since what the index knows of each layer
// was fetched before.
//
// A layer is decoded and compared with its diffID and the rows of the index; all else is hashed. What is damaged is a
// finding, and the other blobs are read nevertheless; only an error that is not damage (an interrupt) stops all
// threads. When a decoder fails, the digest is looked at before its complaint is believed. A blob that a gc removes
// meanwhile is no finding. What is found is not repaired here.
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "image/all_images.hpp"
#include "image/layer_facts.hpp"
#include "image/layer_index.hpp"
#include "image/layer_reader.hpp"
#include "layer/byte_source.hpp"
#include "state/store.hpp"
#include "sys/signal.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>

namespace fn::img {
namespace {

using state::Finding;

constexpr const char* contradicted = "its files do not match the index; 'fnimg gc --reindex' rebuilds the index";
constexpr const char* wrong_facts =
    "what the index says of its programs and libraries is wrong; 'fnimg gc --reindex' rebuilds the index";

// A blob that is read to its end.
struct Check {
  oci::Descriptor blob;
  oci::Digest diff_id;                                // of the tar that it holds; empty: only its bytes are checked
  std::optional<std::vector<std::string>> rows = {};  // what the index has of it
  std::vector<std::optional<std::string>> facts = {};
};

// The index against itself, and against what blobs there are.
std::vector<Finding> check_index(const state::Store& store, const state::Index& index) {
  std::vector<Finding> findings;
  for (const state::IndexedLayer& layer : index.layers()) {
    const auto size = store.layout().blob_size(layer.digest);
    if (!size) {
      findings.push_back({layer.digest.str(), "is in the index, but its blob is missing; 'fnimg gc' cleans up"});
    } else if (*size != layer.size || !index.is_sound(layer)) {
      findings.push_back({layer.digest.str(), contradicted});
    } else if (!are_sound(index.facts(layer, facts_form))) {
      findings.push_back({layer.digest.str(), wrong_facts});
    }
  }
  return findings;
}

// The layers of all images. One blob may be there more than once, if images disagree on what it holds.
std::multimap<oci::Digest, Check> layers_of(const state::Store& store) {
  std::multimap<oci::Digest, Check> layers;
  const auto add = [&](const oci::Descriptor& layer, const oci::Digest& diff_id) {
    const auto [begin, end] = layers.equal_range(layer.digest);
    const bool known = std::any_of(begin, end, [&](const auto& other) {
      return other.second.diff_id == diff_id && other.second.blob.media_type == layer.media_type;
    });
    if (!known) layers.emplace(layer.digest, Check{layer, diff_id});
  };
  for (const state::ImageRow& row : store.images())
    for (const oci::Image& image : images_of(store.layout(), row.descriptor))
      for (std::size_t n = 0; n < image.manifest.layers.size(); ++n)
        if (oci::layer_compression(image.manifest.layers[n].media_type))
          add(image.manifest.layers[n], image.config.diff_ids[n]);
  return layers;
}

// With what the index knows of it, if that is of this content and sound.
Check with_rows(Check check, const state::Index& index) {
  const auto known = index.find(check.blob.digest);
  if (!known || known->diff_id != check.diff_id || !index.is_sound(*known)) return check;
  check.rows = index.files(*known);
  if (auto facts = index.facts(*known, facts_form); are_sound(facts)) check.facts = std::move(facts);
  return check;
}

// Every blob of the state, the big ones first, so that no thread is left with one at the end.
std::vector<Check> all_checks(const state::Store& store, const state::Index& index) {
  const auto layers = layers_of(store);
  std::vector<Check> checks;
  for (const oci::Digest& digest : store.layout().blobs()) {
    const auto size = store.layout().blob_size(digest);
    if (!size) continue;
    const auto [begin, end] = layers.equal_range(digest);
    const std::size_t before = checks.size();
    for (auto layer = begin; layer != end; ++layer)
      if (layer->second.blob.size == *size) checks.push_back(with_rows(layer->second, index));
    if (checks.size() > before) continue;
    Check bytes_only;
    bytes_only.blob.digest = digest;
    bytes_only.blob.size = *size;
    checks.push_back(std::move(bytes_only));
  }
  std::stable_sort(checks.begin(), checks.end(),
                   [](const Check& a, const Check& b) { return a.blob.size > b.blob.size; });
  return checks;
}

// Reads blobs on several threads. A corrupt blob is a finding, and the others are still read.
class Reading {
 public:
  Reading(const oci::Layout& layout, const std::vector<Check>& checks, const Limits& limits, cli::Progress& progress)
      : layout_(layout), checks_(checks), limits_(limits), progress_(progress) {}

  std::vector<Finding> run(unsigned threads) {
    {
      std::vector<std::jthread> others;
      for (unsigned i = 1; i < std::min<std::size_t>(threads, checks_.size()); ++i)
        others.emplace_back([this] { work(); });
      work();
    }
    if (error_) std::rethrow_exception(error_);
    return std::move(findings_);
  }

 private:
  void work() {
    try {
      while (true) {
        const std::size_t next = next_++;
        if (next >= checks_.size()) return;
        const Check& check = checks_[next];
        const std::string problem = check.diff_id.empty() ? check_bytes(check.blob) : check_layer(check);
        if (problem.empty()) continue;
        const std::lock_guard lock(mutex_);
        findings_.push_back({check.blob.digest.str(), problem});
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_ = checks_.size();
    }
  }

  // What is wrong with the blob; "" for nothing, and for one that a gc beside us removed since the blobs were listed.
  std::string check_bytes(const oci::Descriptor& blob) {
    try {
      const oci::Digest found = digest_of(blob);
      return found == blob.digest ? "" : fmt::format("digest mismatch: actual digest '{}'", found.str());
    } catch (const Error& error) {
      return error.kind() == Kind::not_found ? "" : error.what();
    }
  }

  oci::Digest digest_of(const oci::Descriptor& blob) {
    const sys::Fd fd = layout_.open_blob(blob);
    layer::FdSource source(fd.get(), blob.digest.str());
    Sha256 hash;
    std::vector<std::byte> buffer(1 * MiB);
    while (const std::size_t got = source.read(buffer)) {
      sys::check_interrupt();
      hash.update(std::span(buffer).first(got));
      progress_.advance(got);
    }
    return oci::Digest(hash.finish());
  }

  std::string check_layer(const Check& check) {
    try {
      const bool is_indexed = check.rows.has_value();
      if (!is_indexed) {
        visit_layer(layout_, check.blob, check.diff_id, limits_, [](const layer::Entry&, layer::TarReader&) {});
      } else {
        const auto read = read_segments(layout_, check.blob, check.diff_id, limits_, no_note);
        if (!is_same(*check.rows, read)) return contradicted;
        if (!agree(check.facts, read)) return wrong_facts;
      }
      progress_.advance(check.blob.size);
      return "";
    } catch (const Error& error) {
      if (error.kind() == Kind::not_found) return "";
      // A decoder stumbles over a flipped bit long before the digest is known; the digest is what says why.
      const std::string damage = check_bytes(check.blob);
      return damage.empty() ? without_subject(error.what(), check.blob.digest) : damage;
    }
  }

  static void no_note(const std::string&) {}

  static bool is_same(const std::vector<std::string>& rows, const std::vector<state::IndexedSegment>& segments) {
    return std::equal(rows.begin(), rows.end(), segments.begin(), segments.end(),
                      [](const std::string& a, const state::IndexedSegment& b) { return a == b.files; });
  }

  static std::string without_subject(std::string_view text, const oci::Digest& digest) {
    const std::string prefix = fmt::format("layer '{}': ", digest.str());
    while (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return std::string(text);
  }

  const oci::Layout& layout_;
  const std::vector<Check>& checks_;
  const Limits& limits_;
  cli::Progress& progress_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::vector<Finding> findings_;
  std::exception_ptr error_;
};

struct Fsck {
  static constexpr std::string_view name = "fsck";
  static constexpr std::string_view summary = "check the integrity of the state";
  static std::vector<cli::Example> examples() {
    return {{"fnimg fsck", "names, documents, and the presence of every blob"},
            {"fnimg fsck --read-data", "every byte too: digests, diffIDs and the structure of tars"}};
  }

  struct Request {
    bool read_data = false;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command.flag("--read-data", request.read_data, "read every blob and verify digests and diffIDs");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::size_t images = 0;
    std::size_t blobs = 0;
    Bytes bytes = 0;
    bool read_data = false;
    std::vector<Finding> findings;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan;
    plan.read_data = request.read_data;
    auto store = state::Store::open_if_exists(context.home, context.lock_timeout, [&](const std::string& mended) {
      plan.findings.push_back({"state.db", mended});
    });
    if (!store) return plan;
    plan.images = store->images().size();
    for (const oci::Digest& digest : store->layout().blobs()) {
      ++plan.blobs;
      plan.bytes += store->layout().blob_size(digest).value_or(0);
    }
    // Blobs are read below, and once: as layers where they are layers.
    std::vector<Finding> found = store->check(false);
    std::move(found.begin(), found.end(), std::back_inserter(plan.findings));
    const state::Index index = store->index();
    std::vector<Finding> of_index = check_index(*store, index);
    std::move(of_index.begin(), of_index.end(), std::back_inserter(plan.findings));
    if (request.read_data) {
      context.progress.phase("reading blobs", plan.bytes);
      const std::vector<Check> checks = all_checks(*store, index);
      std::vector<Finding> more = Reading(store->layout(), checks, request.limits, context.progress).run(context.jobs);
      context.progress.finish();
      std::move(more.begin(), more.end(), std::back_inserter(plan.findings));
    }
    sort(plan.findings);
    return plan;
  }

  static void sort(std::vector<Finding>& findings) {
    const auto key = [](const Finding& finding) { return std::tie(finding.subject, finding.problem); };
    std::sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
    const auto same = [&](const Finding& a, const Finding& b) { return key(a) == key(b); };
    findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
  }

  static cli::Report report(const Plan& plan, const cli::Context&) {
    cli::Report report;
    Json findings = Json::array();
    for (const auto& [subject, problem] : plan.findings) {
      findings.push(Json::object().set("subject", subject).set("problem", problem));
      report.quiet += fmt::format("{}: {}\n", printable(subject), problem);
    }
    report.json.set("findings", std::move(findings))
        .set("images", std::uint64_t{plan.images})
        .set("blobs", std::uint64_t{plan.blobs})
        .set("bytes", plan.bytes)
        .set("data_read", plan.read_data);
    report.text = report.quiet;
    if (plan.findings.empty())
      report.text = fmt::format("{}, {}, {}: no problem found{}\n", counted(plan.images, "image", "images"),
                                counted(plan.blobs, "blob", "blobs"), human_bytes(plan.bytes),
                                plan.read_data ? "" : " (data not read)");
    report.exit = plan.findings.empty() ? 0 : 1;
    return report;
  }
};

}  // namespace

cli::Verb fsck_verb() {
  return cli::verb<Fsck>();
}

}  // namespace fn::img
