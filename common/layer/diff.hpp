// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tree.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// An aspect in which two files at one path differ. A set of aspects is their sum.
enum class Aspect : std::uint16_t {
  type = 1,
  content = 2,
  mode = 4,
  owner = 8,
  time = 16,
  link = 32,  // where a symbolic link leads
  device = 64,
  xattrs = 128,
  names = 256,  // hard links: the file's other names
};
using Aspects = std::uint16_t;

constexpr bool has(Aspects aspects, Aspect aspect) {
  return (aspects & Aspects(aspect)) != 0;
}
inline constexpr Aspect all_aspects[] = {Aspect::type, Aspect::content, Aspect::mode,   Aspect::owner, Aspect::time,
                                         Aspect::link, Aspect::device,  Aspect::xattrs, Aspect::names};
std::string_view aspect_name(Aspect aspect);  // "content", "mode", ..

// What happened to one path. The nodes belong to the trees.
struct Change {
  std::string path;
  const Node* before = nullptr;  // null: added
  const Node* after = nullptr;   // null: removed
  Aspects aspects = 0;           // of a path in both
};

// The aspects in which two files at the same path differ; names are not compared.
Aspects compare(const Node& a, const Node& b);

// The paths that differ, in the order of the trees, without those that differ only in aspects of `ignored`. A hard link
// is compared as the file that it names. Contents must be known: Tree::add() with content.
std::vector<Change> diff(const Tree& a, const Tree& b, Aspects ignored = 0);

}  // namespace fn::layer
