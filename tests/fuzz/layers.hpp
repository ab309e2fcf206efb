// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fuzz.hpp"
#include "layer/entry.hpp"
#include "layer/whiteout.hpp"

#include <array>
#include <string>
#include <vector>

namespace fn::fuzz {

struct Member {
  layer::Entry entry;
  std::string content = {};
};
using Layer = std::vector<Member>;

// A stack of layers of few names, so that entries, links and whiteouts meet. Paths have Entry's form.
class Layers {
 public:
  // `outside`: where links try to lead, besides the usual ways.
  Layers(Choices choices, std::string outside) : choices_(choices), outside_(std::move(outside)) {}

  std::vector<Layer> stack() {
    std::vector<Layer> layers(1);
    while (!choices_.empty() && layers.size() <= 8) {
      const unsigned type = choices_.roll(16);
      if (type == 15) {
        layers.emplace_back();
      } else if (layers.back().size() < 40) {
        layers.back().push_back(member(type));
      }
    }
    return layers;
  }

 private:
  using Type = layer::Type;

  std::string name() {
    static const std::array<std::string, 7> rare{
        ".wh.", ".wh..", ".wh...", ".wh..wh.a", ".wh..wh..opq", std::string(255, 'l'), std::string(256, 'm')};
    const unsigned which = choices_.roll(32);
    if (which >= 25) return rare[which - 25];
    return (which >= 20 ? std::string(layer::whiteout_prefix) : std::string()) + char('a' + which % 4);
  }

  std::string path() {
    const unsigned depth = choices_.roll(4);
    std::string path = name();
    for (unsigned n = 0; n < depth; ++n) path += '/' + name();
    return path;
  }

  std::string target() {
    static const std::array<std::string, 10> ways{"..",    "../..",      "../outside", "../../outside/file", "/", ".",
                                                  "no/..", "/proc/self", "a/../b",     "b/../../.."};
    const unsigned which = choices_.roll(16);
    if (which < ways.size()) return ways[which];
    if (which == 10) return outside_;
    if (which == 11) return outside_ + "/file";
    return (which == 12 ? "/" : which == 13 ? "../" : "") + path();
  }

  Member member(unsigned kind) {
    Member made;
    layer::Entry& entry = made.entry;
    entry.path = kind == 14 ? "" : path();
    if (kind < 4) {
      entry.type = Type::directory;
      entry.mode = 0700 + choices_.roll(8);
    } else if (kind < 7) {
      entry.type = Type::symlink;
      entry.link = target();
    } else if (kind < 10) {
      entry.type = Type::hardlink;
      entry.link = path();
    } else if (kind == 10) {
      entry.type = Type::fifo;
    } else if (kind == 14) {
      entry.type = Type::directory;
    } else {
      made.content.assign(choices_.roll(8), 'x');
      entry.size = made.content.size();
    }
    return made;
  }

  Choices choices_;
  std::string outside_;
};

}  // namespace fn::fuzz
