// SPDX-License-Identifier: Apache-2.0
#include "analysis/image_size.hpp"

#include "layer/whiteout.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace fn::img {
namespace {

bool is_file(const layer::Entry& entry) {
  return entry.type != layer::Type::directory && entry.type != layer::Type::hardlink;
}

// Where the name of the directory that is `depth` deep ends; npos if the path is not that deep.
std::size_t end_of_directory(const std::string& path, std::size_t depth) {
  std::size_t slash = path.find('/');
  for (; depth > 1 && slash != std::string::npos; --depth) slash = path.find('/', slash + 1);
  return slash;
}

}  // namespace

void Size::add(const layer::Entry& entry) {
  bytes += entry.size;
  ++files;
}

Size size_of(const LayerFiles& layer) {
  Size size;
  for (const layer::File& file : layer.files)
    if (is_file(file.entry) && !layer::is_whiteout(file.entry.path)) size.add(file.entry);
  return size;
}

Size size_of(const layer::Tree& tree) {
  Size size;
  for (const layer::Node& node : tree.nodes())
    if (is_file(node.entry)) size.add(node.entry);
  return size;
}

std::vector<DirectorySize> directory_sizes(const layer::Tree& tree, std::size_t depth) {
  std::map<std::string, Size> sizes;
  for (const layer::Node& node : tree.nodes()) {
    const std::string& path = node.entry.path;
    if (node.entry.type == layer::Type::directory) {
      if (!path.empty() && end_of_directory(path, depth) == std::string::npos) sizes.try_emplace(path);
    } else if (is_file(node.entry)) {
      for (std::size_t n = 1; n <= depth; ++n) {
        const std::size_t end = end_of_directory(path, n);
        if (end == std::string::npos) break;
        sizes[path.substr(0, end)].add(node.entry);
      }
    }
  }
  std::vector<DirectorySize> directories;
  for (const auto& [path, size] : sizes) directories.push_back({path, size});
  std::stable_sort(directories.begin(), directories.end(), [](const DirectorySize& a, const DirectorySize& b) {
    return std::tie(a.size.bytes, a.size.files) > std::tie(b.size.bytes, b.size.files);
  });
  return directories;
}

}  // namespace fn::img
