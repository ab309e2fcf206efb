// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "oci/index.hpp"
#include "oci/layout.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace fn::oci {
namespace {

constexpr int max_nesting = 4;

// buildkit's provenance and SBOM entries are beside the images, with an impossible platform.
bool is_attestation(const Descriptor& entry) {
  return entry.annotations.contains("vnd.docker.reference.type") ||
         (entry.platform && (entry.platform->os == "unknown" || entry.platform->architecture == "unknown"));
}

// The manifests that an index leads to, each once, in order.
class Entries {
 public:
  Entries(const Layout& layout, const Descriptor& index) : layout_(layout) { read(index, 1); }

  const std::vector<Descriptor>& manifests() const { return manifests_; }

 private:
  void read(const Descriptor& index, int depth) {
    if (!seen_.insert(index.digest).second) return;
    if (depth > max_nesting)
      fail(Kind::integrity, "index '{}' is nested more than {} levels deep", index.digest.str(), max_nesting);
    const std::string subject = fmt::format("index '{}'", index.digest.str());
    for (Descriptor& entry : parse_index(layout_.read_blob(index), subject)) {
      if (is_attestation(entry)) continue;
      if (is_index(entry.media_type)) {
        read(entry, depth + 1);
      } else if (is_manifest(entry.media_type)) {
        manifests_.push_back(std::move(entry));
      }
    }
  }

  const Layout& layout_;
  std::set<Digest> seen_;
  std::vector<Descriptor> manifests_;
};

int variant_number(const std::string& variant) {
  if (variant.empty()) return 0;
  return int(parse_uint(std::string_view(variant).substr(1, 3)).value_or(0));
}

// Lower is better; nothing if the entry can't run on `wanted`. An entry without a platform may be anything, so any
// other comes first.
std::optional<int> rank(const Descriptor& entry, const Platform& wanted) {
  constexpr int last = 1000;
  if (!entry.platform) return last;
  const Platform& offered = *entry.platform;
  if (offered.os != wanted.os || offered.architecture != wanted.architecture) return std::nullopt;
  if (offered.variant == wanted.variant) return 0;
  // A v7 machine runs what was built for v6. Nothing is known of a machine without a variant, so the first offer is
  // taken.
  const int difference = variant_number(wanted.variant) - variant_number(offered.variant);
  if (wanted.variant.empty()) return offered.architecture == "arm64" && offered.variant == "v8" ? 0 : 1;
  return difference > 0 ? std::optional(difference) : std::nullopt;
}

std::string offer(const std::vector<Descriptor>& manifests) {
  std::vector<std::string> names;
  for (const Descriptor& entry : manifests) names.push_back(printable(entry.platform->str()));
  return names.empty() ? "it contains no image" : fmt::format("it has images for {}", fmt::join(names, ", "));
}

Descriptor choose(const Layout& layout, const Descriptor& index, const Platform& wanted) {
  const Entries entries(layout, index);
  const Descriptor* best = nullptr;
  int best_rank = 0;
  for (const Descriptor& entry : entries.manifests()) {
    const auto found = rank(entry, wanted);
    if (!found || (best && *found >= best_rank)) continue;
    best = &entry;
    best_rank = *found;
  }
  if (!best)
    fail_hint(Kind::not_found, offer(entries.manifests()), "index '{}' has no image for '{}'", index.digest.str(),
              wanted.str());
  return *best;
}

}  // namespace

Image Layout::load(const Descriptor& descriptor, const Platform& platform) const {
  Image image;
  image.descriptor = is_index(descriptor.media_type) ? choose(*this, descriptor, platform) : descriptor;
  const std::string manifest_name = fmt::format("manifest '{}'", image.descriptor.digest.str());
  if (!is_manifest(image.descriptor.media_type))
    fail(Kind::integrity, "{}: '{}' is not the media type of an image", manifest_name,
         printable(image.descriptor.media_type));
  image.manifest_text = read_blob(image.descriptor);
  image.manifest = Manifest::parse(image.manifest_text, manifest_name);
  check_media_types(image);
  image.config_text = while_doing([&] { return manifest_name; }, [&] { return read_blob(image.manifest.config); });
  image.config = Config::parse(image.config_text, fmt::format("config '{}'", image.manifest.config.digest.str()));
  check_consistency(image);
  return image;
}

}  // namespace fn::oci
