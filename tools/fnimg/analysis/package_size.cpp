// SPDX-License-Identifier: Apache-2.0
#include "analysis/package_size.hpp"

#include "image/path_lookup.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace fn::img {
namespace {

constexpr std::string_view nested = "node_modules";

// Says which files of an image a package has.
class Owners {
 public:
  Owners(const layer::Tree& tree, const std::vector<package::Package>& packages) : tree_(tree) {
    for (std::size_t n = 0; n < packages.size(); ++n)
      if (packages[n].ecosystem == package::Ecosystem::npm)
        if (const auto root = directory(packages[n].root)) roots_.emplace(*root, n);
    if (!roots_.empty()) collect_below_roots();
  }

  Size size_of(const package::Package& package, std::size_t n) {
    std::vector<const layer::Node*> nodes;
    for (const std::string& path : package.files)
      if (const layer::Node* node = find(path)) nodes.push_back(node);
    if (const auto below = below_roots_.find(n); below != below_roots_.end())
      nodes.insert(nodes.end(), below->second.begin(), below->second.end());
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    Size size;
    for (const layer::Node* node : nodes) size.add(node->entry);
    owned_.insert(nodes.begin(), nodes.end());
    return size;
  }

  Size unowned() const {
    Size size;
    for (const layer::Node& node : tree_.nodes())
      if (const layer::Node* file = as_file(node); file == &node && !owned_.contains(file)) size.add(node.entry);
    return size;
  }

 private:
  // The node that has the bytes; null for a directory.
  const layer::Node* as_file(const layer::Node& node) const {
    if (node.entry.type == layer::Type::directory) return nullptr;
    return &tree_.file_of(node);
  }

  const layer::Node* find(const std::string& path) {
    const auto parent = directory(std::string(layer::parent_path(path)));
    if (!parent) return nullptr;
    const std::string_view name = layer::base_name(path);
    const layer::Node* node = tree_.find(parent->empty() ? std::string(name) : fmt::format("{}/{}", *parent, name));
    return node ? as_file(*node) : nullptr;
  }

  // Where the directory is, links followed.
  const std::optional<std::string>& directory(const std::string& path) {
    const auto [known, is_new] = directories_.try_emplace(path);
    if (is_new)
      if (auto place = find_path_if_there(tree_, path, Follow::all); place && place->is_directory())
        known->second = std::move(place->path);
    return known->second;
  }

  void collect_below_roots() {
    for (const layer::Node& node : tree_.nodes())
      if (const layer::Node* file = as_file(node))
        if (const auto owner = owner_below_root(node.entry.path)) below_roots_[*owner].push_back(file);
  }

  std::optional<std::size_t> owner_below_root(std::string_view path) const {
    for (path = layer::parent_path(path); !path.empty(); path = layer::parent_path(path)) {
      if (layer::base_name(path) == nested) break;
      if (const auto root = roots_.find(path); root != roots_.end()) return root->second;
    }
    return std::nullopt;
  }

  const layer::Tree& tree_;
  std::unordered_map<std::string, std::optional<std::string>> directories_;
  std::map<std::string, std::size_t, std::less<>> roots_;  // of npm's packages
  std::unordered_map<std::size_t, std::vector<const layer::Node*>> below_roots_;
  std::unordered_set<const layer::Node*> owned_;
};

}  // namespace

PackageSizes package_sizes(const ImageFiles& image) {
  std::vector<package::Package> packages = image.packages();
  Owners owners(image.tree, packages);
  PackageSizes sizes;
  for (std::size_t n = 0; n < packages.size(); ++n) {
    const Size size = owners.size_of(packages[n], n);
    sizes.packages.push_back({std::move(packages[n]), size});
  }
  sizes.unowned = owners.unowned();
  std::stable_sort(sizes.packages.begin(), sizes.packages.end(), [](const PackageSize& a, const PackageSize& b) {
    return std::tie(a.size.bytes, a.size.files) > std::tie(b.size.bytes, b.size.files);
  });
  return sizes;
}

}  // namespace fn::img
