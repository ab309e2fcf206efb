// SPDX-License-Identifier: Apache-2.0
// A tree says what an image has in the end, and of each file which layer's tar holds it. Files of layers that no node
// stands for are carried for nothing. Their layers are then stacked once more, and after each layer it is seen which of
// those files are still there: the layer after which one is missing took it away. If the path still is there the file
// was overwritten, otherwise deleted. The second pass is made only if the first one found something, and nodes are told
// apart by where their bytes are and not by their path: a hard link may have passed them on to another name.
#include "analysis/waste.hpp"

#include "layer/whiteout.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace fn::img {
namespace {

bool has_bytes(const layer::Entry& entry) {
  return entry.type == layer::Type::file && entry.size > 0;
}

// Finds the files of layers that the image doesn't have, and the layer that took each away.
class Losses {
 public:
  Losses(const ImageFiles& image, Waste& waste) : image_(image), waste_(waste), lost_(image.layers.size()) {}

  void run() {
    collect();
    if (std::any_of(lost_.begin(), lost_.end(), [](const Members& members) { return !members.empty(); })) replay();
  }

 private:
  struct Lost {
    std::string path;
    Bytes bytes = 0;
    bool is_there = false;
  };
  // By their number in the layer.
  using Members = std::unordered_map<std::size_t, Lost>;

  void collect() {
    std::vector<std::unordered_set<std::size_t>> used(image_.layers.size());
    for (const layer::Node& node : image_.tree.nodes())
      if (has_bytes(node.entry)) used[node.source_layer].insert(node.number);
    for (std::size_t n = 0; n < image_.layers.size(); ++n) collect(n, used[n]);
  }

  void collect(std::size_t n, const std::unordered_set<std::size_t>& used) {
    const std::vector<layer::File>& files = image_.layers[n].files;
    std::unordered_set<std::string_view> seen;
    // Backwards: of entries of one name in a tar the last counts.
    for (std::size_t number = files.size(); number-- > 0;) {
      const layer::Entry& entry = files[number].entry;
      if (!has_bytes(entry) || layer::is_whiteout(entry.path)) continue;
      if (!seen.insert(entry.path).second) {
        add(waste_.overwritten, {entry.path, n, n, entry.size});
      } else if (!used.contains(number)) {
        lost_[n].emplace(number, Lost{entry.path, entry.size});
      }
    }
  }

  void replay() {
    layer::Tree tree;
    for (std::size_t n = 0; n < image_.layers.size(); ++n) {
      sys::check_interrupt();
      tree.add_layer(image_.layers[n].files);
      see(tree);
      for (std::size_t layer = 0; layer <= n; ++layer) settle(layer, n, tree);
    }
  }

  void see(const layer::Tree& tree) {
    for (const layer::Node& node : tree.nodes()) {
      if (!has_bytes(node.entry)) continue;
      const auto lost = lost_[node.source_layer].find(node.number);
      if (lost == lost_[node.source_layer].end()) continue;
      lost->second.is_there = true;
      lost->second.path = node.entry.path;
    }
  }

  // Those of `layer` that are not there after layer `by` have been taken away by it.
  void settle(std::size_t layer, std::size_t by, const layer::Tree& tree) {
    for (auto member = lost_[layer].begin(); member != lost_[layer].end();) {
      Lost& lost = member->second;
      if (std::exchange(lost.is_there, false)) {
        ++member;
        continue;
      }
      const bool overwritten = tree.find(lost.path) != nullptr;
      add(overwritten ? waste_.overwritten : waste_.deleted, {lost.path, layer, by, lost.bytes});
      member = lost_[layer].erase(member);
    }
  }

  void add(std::vector<LostFile>& list, LostFile file) {
    waste_.layers[file.layer] += file.bytes;
    list.push_back(std::move(file));
  }

  const ImageFiles& image_;
  Waste& waste_;
  std::vector<Members> lost_;  // of each layer
};

void find_duplicates(const ImageFiles& image, Waste& waste) {
  std::map<Sha256::Value, std::vector<const layer::Node*>> contents;
  for (const layer::Node& node : image.tree.nodes())
    if (has_bytes(node.entry) && node.content) contents[node.content->digest].push_back(&node);
  for (auto& [digest, nodes] : contents) {
    if (nodes.size() < 2) continue;
    std::stable_sort(nodes.begin(), nodes.end(),
                     [](const layer::Node* a, const layer::Node* b) { return a->source_layer < b->source_layer; });
    Duplicate duplicate{digest, nodes[0]->entry.size * (nodes.size() - 1), {}};
    for (const layer::Node* node : nodes) duplicate.paths.push_back(node->entry.path);
    for (std::size_t i = 1; i < nodes.size(); ++i) waste.layers[nodes[i]->source_layer] += nodes[i]->entry.size;
    waste.duplicates.push_back(std::move(duplicate));
  }
}

void sort_lost(std::vector<LostFile>& files) {
  std::sort(files.begin(), files.end(), [](const LostFile& a, const LostFile& b) {
    return std::tie(b.bytes, a.path, a.layer) < std::tie(a.bytes, b.path, b.layer);
  });
}

template <typename List>
Bytes sum(const List& list) {
  return std::accumulate(list.begin(), list.end(), Bytes{0},
                         [](Bytes bytes, const auto& one) { return bytes + one.bytes; });
}

}  // namespace

Bytes Waste::bytes() const {
  return sum(overwritten) + sum(deleted) + sum(duplicates);
}

Waste find_waste(const ImageFiles& image) {
  Waste waste;
  waste.layers.resize(image.layers.size());
  Losses(image, waste).run();
  find_duplicates(image, waste);
  sort_lost(waste.overwritten);
  sort_lost(waste.deleted);
  std::sort(waste.duplicates.begin(), waste.duplicates.end(), [](const Duplicate& a, const Duplicate& b) {
    return std::tie(b.bytes, a.paths) < std::tie(a.bytes, b.paths);
  });
  return waste;
}

}  // namespace fn::img
