// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/whiteout.hpp"
#include "layer_apply_support.hpp"

#include <algorithm>
#include <random>

namespace fn::layer::test::apply {

// The layer with its whiteouts in front of all else, or behind it.
enum class Where { first, last };
inline Layer with_whiteouts(Layer layer, Where where) {
  std::stable_partition(layer.begin(), layer.end(), [&](const Member& member) {
    return is_whiteout(member.entry.path) == (where == Where::first);
  });
  return layer;
}

// Few names, so that entries, links and whiteouts meet.
class RandomLayers {
 public:
  explicit RandomLayers(unsigned seed) : random_(seed) {}

  std::vector<Layer> stack() {
    std::vector<Layer> layers(std::size_t(1 + roll(3)));
    for (Layer& layer : layers)
      for (unsigned entries = 1 + roll(9); entries > 0; --entries) layer.push_back(member());
    return layers;
  }

 private:
  unsigned roll(unsigned sides) { return unsigned(random_() % sides); }

  std::string path() {
    std::string path(1, char('a' + roll(3)));
    for (unsigned depth = roll(3); depth > 0; --depth) path += std::string("/") + char('a' + roll(3));
    return path;
  }

  Member member() {
    static const std::vector<std::string> targets = {"a",    "b/c",       "no/../b",   "/c",
                                                     "../b", "../../a/b", "nowhere/x", "/"};
    const std::string at = path();
    const std::size_t name = at.size() - base_name(at).size();
    Member made;
    switch (roll(10)) {
      case 0:
      case 1:
      case 2:
        made = dir(at, 0700 + roll(8));
        break;
      case 3:
        made = soft(at, targets[roll(unsigned(targets.size()))]);
        break;
      case 4:
        made = hard(at, files_.empty() || roll(4) == 0 ? path() : files_[roll(unsigned(files_.size()))]);
        break;
      case 5:
        made = whiteout(at.substr(0, name) + ".wh." + at.substr(name));
        break;
      case 6:
        made = whiteout(at.substr(0, name) + std::string(opaque_marker));
        break;
      default:
        made = file(at, "");
        files_.push_back(at);
    }
    made.entry.mtime = ++time_;  // says which entry a file came from
    return made;
  }

  std::mt19937 random_;
  std::int64_t time_ = 0;
  std::vector<std::string> files_;  // of all layers so far, which links are to name
};

}  // namespace fn::layer::test::apply
