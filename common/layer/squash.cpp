// SPDX-License-Identifier: Apache-2.0
#include "layer/squash.hpp"

#include "layer/selection.hpp"
#include "layer/whiteout.hpp"

#include <algorithm>

namespace fn::layer {
namespace {

// A glob that matches just this path: the slash in front keeps it from matching last components.
std::string pattern_of(std::string_view path) {
  std::string pattern = "/";
  for (const char c : path) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// What a whiteout hides of the layers below.
std::string hidden_by(const Entry& whiteout) {
  const std::string_view name = base_name(whiteout.path);
  const std::string parent = pattern_of(parent_path(whiteout.path));
  if (name == opaque_marker) return parent + (parent == "/" ? "**" : "/**");
  return parent + (parent == "/" ? "" : "/") + pattern_of(name.substr(whiteout_prefix.size())).substr(1);
}

}  // namespace

std::vector<Item> squash(std::vector<std::vector<Item>> layers) {
  std::vector<Item> result;
  for (std::vector<Item>& layer : layers) {
    const auto whiteouts = std::stable_partition(layer.begin(), layer.end(),
                                                 [](const Item& item) { return !is_whiteout(item.entry.path); });
    Selection rest;
    for (auto whiteout = whiteouts; whiteout != layer.end(); ++whiteout)
      rest.exclude.push_back(hidden_by(whiteout->entry));
    layer.erase(whiteouts, layer.end());
    std::vector<std::vector<Item>> parts;
    parts.push_back(select(std::move(result), rest));
    parts.push_back(std::move(layer));
    result = merge(std::move(parts));
  }
  return result;
}

}  // namespace fn::layer
