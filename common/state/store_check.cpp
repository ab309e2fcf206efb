// SPDX-License-Identifier: Apache-2.0
// Two walks over what the images name, through indexes and manifests down to the blobs, each blob visited once.
//
// reachable() is for gc and errs on the side of keeping: if a document of one of our images can't be read it throws,
// since nobody knows then what the image needs. What index.json names beside may be damaged, or of a form that we don't
// know, and must not keep us from tidying up: there, each digest that stands in a document counts, whatever it means.
//
// check() is for fsck: damage is a finding and never an exception, so that the rest is looked at too. Nothing is put
// right. While documents are read it holds both locks, so that no gc removes and no publish adds in the middle; for
// reading all bytes it lets go of the one that would stop writers. Who may not take the locks is given an answer
// without.
#include "base/text.hpp"
#include "oci/index.hpp"
#include "state/index_entries.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <set>

namespace fn::state {
namespace {

using oci::Descriptor;
using oci::Digest;

constexpr Bytes max_document = 16 * MiB;

// What a document names: an index its entries, a manifest its config and layers.
std::vector<Descriptor> named_by(const oci::Layout& layout, const Descriptor& document) {
  const std::string& digest = document.digest.str();
  if (oci::is_index(document.media_type))
    return oci::parse_index(layout.read_blob(document), fmt::format("index '{}'", digest));
  if (!oci::is_manifest(document.media_type)) return {};
  oci::Manifest manifest = oci::Manifest::parse(layout.read_blob(document), fmt::format("manifest '{}'", digest));
  std::vector<Descriptor> named = std::move(manifest.layers);
  named.push_back(std::move(manifest.config));
  return named;
}

// Calls `each` once with every blob below `top`, which is `top` itself first, and goes on below it if `each` says so.
// No recursion: how deep indexes nest is up to who wrote them.
template <typename Each>
void walk(const oci::Layout& layout, const Descriptor& top, std::set<Digest>& seen, const Each& each) {
  std::vector<Descriptor> waiting{top};
  while (!waiting.empty()) {
    sys::check_interrupt();
    const Descriptor blob = std::move(waiting.back());
    waiting.pop_back();
    if (!seen.insert(blob.digest).second || !each(blob)) continue;
    for (Descriptor& named : named_by(layout, blob)) waiting.push_back(std::move(named));
  }
}

// The digests that stand in a document, in whatever form; none in a blob that is missing or no document.
std::vector<Digest> mentioned_in(const oci::Layout& layout, const Digest& digest) {
  constexpr std::string_view prefix = "sha256:";
  constexpr std::size_t length = prefix.size() + 64;
  std::vector<Digest> found;
  try {
    const auto size = layout.blob_size(digest);
    if (!size || *size == 0) return found;
    Descriptor blob;
    blob.digest = digest;
    blob.size = *size;
    const sys::Fd fd = layout.open_blob(blob);
    std::string text(1, '\0');
    const auto read = [&] {
      return sys::pread_full(fd.get(), std::as_writable_bytes(std::span(text)), 0, digest.str());
    };
    if (read() != 1 || text != "{") return found;
    text.resize(std::size_t(std::min(*size, max_document)));
    text.resize(read());
    for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1))
      if (Digest::is_valid(text.substr(at, length))) found.push_back(Digest::parse(text.substr(at, length)));
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity && error.kind() != Kind::not_found) throw;
  }
  return found;
}

std::string how_to_mend(const std::string& reference) {
  if (reference.starts_with(channel_scheme))
    return fmt::format("publish it again, or 'fnimg channel rm {}'", reference.substr(channel_scheme.size()));
  return fmt::format("import it again, or 'fnimg rm {}'", reference.substr(0, reference.find('@')));
}

// A document that is missing or unreadable at its place is damage to whatever needs it.
[[noreturn]] void rethrow_as_integrity(const Error& error, const ImageRow& image) {
  const Kind kind = error.kind() == Kind::not_found || error.kind() == Kind::usage ? Kind::integrity : error.kind();
  const std::string hint = error.hint().empty() ? how_to_mend(image.reference) : error.hint();
  throw Error(kind, fmt::format("image '{}': {}", image.reference, error.what()), hint);
}

class Check {
 public:
  Check(const oci::Layout& layout, const db::Database& db) : layout_(layout), db_(db) {}

  std::vector<Finding> take() { return std::move(findings_); }

  void database() {
    for (const std::string& line : split(db_.check(), '\n'))
      if (!line.empty() && !line.starts_with("***")) add("state.db", line);
    if (!findings_.empty())
      add("state.db", "is corrupt; if it is moved away, the next command takes the images over from index.json");
  }

  void image(const ImageRow& image, const std::vector<LayerRow>& layers) {
    const std::size_t before = findings_.size();
    try {
      walk(layout_, image.descriptor, seen_, [&](const Descriptor& blob) { return is_present(blob, image); });
      if (findings_.size() == before && oci::is_manifest(image.descriptor.media_type)) compare(image, layers);
    } catch (const Error& error) {
      add(image.reference, error.what());
    }
  }

  // An image that has no rows of its layers; what was looked at under another name is not looked at again.
  void kept(const ImageRow& image) {
    try {
      walk(layout_, image.descriptor, seen_, [&](const Descriptor& blob) { return is_present(blob, image); });
    } catch (const Error& error) {
      add(image.reference, error.what());
    }
  }

  void index(Halves halves) {
    try {
      halves.entries = layout_.read_index();
    } catch (const Error& error) {
      if (error.kind() != Kind::integrity) throw;
      add("index.json", error.what());
      return;
    }
    const Differences differences = state::compare(halves, false);
    const auto of_index = [&](const std::string& name, std::string_view what, std::string_view next) {
      add("index.json", fmt::format("{} '{}'{}", what, printable(name), next));
    };
    for (const std::string& name : differences.absent)
      of_index(name, "does not name", ", which state.db has; the next command that writes adds it");
    for (const std::string& name : differences.altered)
      of_index(name, "differs from state.db in what it says of", "; the next command that writes corrects it");
    for (const Descriptor& entry : differences.unknown)
      of_index(entry.annotation(oci::annotation::ref_name), "names",
               ", which state.db does not; the next command that writes takes it over");
    for (const Descriptor& entry : differences.rivals)
      of_index(
          entry.annotation(oci::annotation::ref_name), "names another image",
          fmt::format(" than state.db; the next command that writes keeps it as '{}'", printable(rival_name(entry))));
    for (const Descriptor& entry : differences.foreign)
      if (!layout_.blob_size(entry.digest)) add(entry.digest.str(), "is missing; index.json names it");
  }

  void blobs(bool read_data) {
    const std::vector<Digest> all = layout_.blobs([&](const std::string& name) { add(name, "is not a blob"); });
    if (!read_data) return;
    for (const Digest& digest : all)
      if (const auto found = digest_of_bytes(digest); found && *found != digest)
        add(digest.str(), fmt::format("digest mismatch: actual digest '{}'", found->str()));
  }

 private:
  void add(const std::string& subject, const std::string& problem) { findings_.push_back({subject, problem}); }

  // Adds a finding if not.
  bool is_present(const Descriptor& blob, const ImageRow& image) {
    const auto size = layout_.blob_size(blob.digest);
    if (!size) {
      add(blob.digest.str(), fmt::format("is missing; '{}' needs it", image.reference));
    } else if (*size != blob.size) {
      add(blob.digest.str(), fmt::format("has {} bytes, its descriptor says {}", *size, blob.size));
    }
    return size == blob.size;
  }

  // The documents with each other, and with the rows.
  void compare(const ImageRow& image, const std::vector<LayerRow>& layers) {
    const oci::Image loaded = layout_.load(image.descriptor);
    bool same = layers.size() == loaded.manifest.layers.size();
    for (std::size_t n = 0; same && n < layers.size(); ++n)
      same = layers[n].digest == loaded.manifest.layers[n].digest && layers[n].diff_id == loaded.config.diff_ids[n];
    if (!same) add(image.reference, "its layers in state.db do not match its manifest");
  }

  std::optional<Digest> digest_of_bytes(const Digest& digest) const {
    const auto size = layout_.blob_size(digest);
    if (!size) return std::nullopt;
    Descriptor descriptor;
    descriptor.digest = digest;
    descriptor.size = *size;
    const sys::Fd fd = layout_.open_blob(descriptor);
    Sha256 hash;
    std::vector<std::byte> buffer(1 * MiB);
    while (const std::size_t got = sys::read_full(fd.get(), buffer, digest.str())) {
      sys::check_interrupt();
      hash.update(std::span<const std::byte>(buffer).first(got));
    }
    return Digest(hash.finish());
  }

  const oci::Layout& layout_;
  const db::Database& db_;
  std::set<Digest> seen_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Digest> Store::reachable() const {
  std::set<Digest> digests;
  const std::vector<ImageRow> rows = kept_images();
  const auto everything = [](const Descriptor&) { return true; };
  for (const ImageRow& image : rows) {
    try {
      walk(layout_, image.descriptor, digests, everything);
    } catch (const Error& error) {
      rethrow_as_integrity(error, image);
    }
  }
  std::vector<Digest> waiting;
  for (const Descriptor& entry : layout_.salvage_index()) waiting.push_back(entry.digest);
  while (!waiting.empty()) {
    sys::check_interrupt();
    const Digest digest = std::move(waiting.back());
    waiting.pop_back();
    if (!digests.insert(digest).second) continue;
    for (Digest& mentioned : mentioned_in(layout_, digest)) waiting.push_back(std::move(mentioned));
  }
  return {digests.begin(), digests.end()};
}

std::vector<Finding> Store::check(bool read_data) const {
  std::optional<sys::FileLock> no_gc, no_publishing;
  try {
    no_gc.emplace(lock_for_blobs());
    no_publishing.emplace(lock_for_index());
  } catch (const Error& error) {
    // A user without write access can't lock either.
    if (error.kind() == Kind::busy) throw;
  }
  Check check(layout_, db_);
  check.database();
  Halves halves = read_halves();
  for (const ImageRow& image : halves.rows) check.image(image, layers(image.reference));
  for (const ImageRow& image : kept_images()) check.kept(image);
  check.index(std::move(halves));
  no_publishing.reset();
  check.blobs(read_data);
  return check.take();
}

}  // namespace fn::state
