// SPDX-License-Identifier: Apache-2.0
#include "diff/image_diff.hpp"

#include "compare/documents.hpp"
#include "package/version.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace fn::img {
namespace {

using layer::Aspect;
using package::Package;

constexpr std::size_t all_examples = std::numeric_limits<std::size_t>::max();

Bytes size_of(const layer::Node* node) {
  return node ? node->entry.size : 0;
}

FileSums sum_up(const std::vector<layer::Change>& changes) {
  FileSums sums;
  for (const layer::Change& change : changes) {
    const Bytes before = size_of(change.before);
    const Bytes after = size_of(change.after);
    sums.added_bytes += after > before ? after - before : 0;
    sums.removed_bytes += before > after ? before - after : 0;
    if (!change.before) {
      ++sums.added;
    } else if (!change.after) {
      ++sums.removed;
    } else if (change.aspects == layer::Aspects(Aspect::time)) {
      ++sums.time_only;
    } else {
      ++sums.modified;
    }
  }
  return sums;
}

// Chunks by what identifies them, with their sizes: sorted, each once.
using Chunks = std::vector<std::pair<layer::Checksum, Bytes>>;

Chunks chunks_of(const layer::Tree& tree) {
  Chunks chunks;
  for (const layer::Node& node : tree.nodes()) {
    if (!node.content || node.entry.size == 0) continue;
    if (node.content->chunks.empty()) {
      layer::Checksum whole{};
      std::copy_n(node.content->digest.begin(), whole.size(), whole.begin());
      chunks.emplace_back(whole, node.entry.size);
      continue;
    }
    Bytes rest = node.entry.size;
    for (const layer::Checksum& chunk : node.content->chunks) {
      chunks.emplace_back(chunk, std::min(rest, layer::chunk_size));
      rest -= std::min(rest, layer::chunk_size);
    }
  }
  std::sort(chunks.begin(), chunks.end());
  chunks.erase(std::unique(chunks.begin(), chunks.end()), chunks.end());
  return chunks;
}

void count_chunks(const Chunks& a, const Chunks& b, Fetch& fetch) {
  for (const auto& chunk : b) {
    const bool is_known = std::binary_search(a.begin(), a.end(), chunk);
    ++(is_known ? fetch.known_chunks : fetch.chunks);
    (is_known ? fetch.known_bytes : fetch.chunk_bytes) += chunk.second;
  }
}

void count_layers(const oci::Image& a, const oci::Image& b, Fetch& fetch) {
  std::set<oci::Digest> known;
  for (const oci::Descriptor& layer : a.manifest.layers) known.insert(layer.digest);
  for (const oci::Descriptor& layer : b.manifest.layers) {
    if (!known.insert(layer.digest).second) continue;
    ++fetch.layers;
    fetch.layer_bytes += layer.size;
  }
}

std::vector<LayerPair> different_layers(const oci::Image& a, const oci::Image& b) {
  std::vector<LayerPair> pairs = pair_layers(a, b);
  std::erase_if(pairs, [&](const LayerPair& pair) {
    return pair.a && pair.b && a.manifest.layers[*pair.a].digest == b.manifest.layers[*pair.b].digest;
  });
  return pairs;
}

Causes different_documents(const oci::Image& a, const oci::Image& b) {
  Causes causes;
  if (a.manifest.config.digest != b.manifest.config.digest) compare_configs(a, b, false, all_examples, causes);
  compare_manifests(a, b, all_examples, causes);
  return causes;
}

// Two versions side by side, as of a kernel, are compared as a list: what both have is not a change.
std::vector<PackageChange> diff_packages(const std::vector<Package>& a, const std::vector<Package>& b) {
  const auto key = [](const Package& one) { return std::tie(one.ecosystem, one.root, one.name, one.architecture); };
  using Key = std::tuple<package::Ecosystem, std::string, std::string, std::string>;
  std::map<Key, std::pair<std::vector<const Package*>, std::vector<const Package*>>> by_key;
  for (const Package& one : a) by_key[key(one)].first.push_back(&one);
  for (const Package& one : b) by_key[key(one)].second.push_back(&one);
  std::vector<PackageChange> changes;
  for (auto& [unused, versions] : by_key) {
    auto& [before, after] = versions;
    const auto is_in = [](const std::vector<const Package*>& list, const Package* one) {
      return std::any_of(list.begin(), list.end(),
                         [&](const Package* other) { return other->version == one->version; });
    };
    std::vector<const Package*> gone, come;
    for (const Package* one : before)
      if (!is_in(after, one)) gone.push_back(one);
    for (const Package* one : after)
      if (!is_in(before, one)) come.push_back(one);
    for (std::size_t n = 0; n < std::max(gone.size(), come.size()); ++n) {
      PackageChange change;
      if (n < gone.size()) change.before = *gone[n];
      if (n < come.size()) change.after = *come[n];
      if (change.before && change.after)
        change.direction =
            package::compare_versions(change.after->ecosystem, change.after->version, change.before->version);
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

// A directory stands for what is in it, as in a build: its own mode and times are of the place where it is.
bool is_root(const layer::Change& change) {
  return change.path.empty();
}

}  // namespace

ImageDiff diff_images(const Side& a, const Side& b, layer::Aspects ignored) {
  ImageDiff diff;
  if (a.operand.image && b.operand.image) {
    diff.config = different_documents(*a.operand.image, *b.operand.image);
    diff.layers = different_layers(*a.operand.image, *b.operand.image);
    count_layers(*a.operand.image, *b.operand.image, diff.fetch);
  }
  diff.files = layer::diff(a.files.tree, b.files.tree, ignored);
  if (!a.operand.image || !b.operand.image) std::erase_if(diff.files, is_root);
  diff.sums = sum_up(diff.files);
  diff.packages = diff_packages(a.files.packages(), b.files.packages());
  count_chunks(chunks_of(a.files.tree), chunks_of(b.files.tree), diff.fetch);
  return diff;
}

}  // namespace fn::img
