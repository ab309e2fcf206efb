// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

enum class Level { manifest, config, layer };
std::string_view level_name(Level level);

// One place where two sides differ, and the value of each.
struct Example {
  std::string where;  // a path of the layer, or the name of a field
  std::string a;
  std::string b;
};

// A reason why two digests differ.
struct Cause {
  Level level = Level::manifest;
  std::string layer;  // its name, if the cause belongs to one; "" otherwise
  std::string what;   // "mtime", "env": a fixed name
  std::uint64_t count = 0;
  std::string text;  // a sentence for people
  std::string hint;  // how to make both sides equal; "" if unknown
  std::vector<Example> examples;
  bool paths = false;  // `where` of the examples are paths
};

using Causes = std::vector<Cause>;

// Counts differences while two sides are compared, and keeps the first examples.
class Tally {
 public:
  explicit Tally(std::size_t max_examples) : max_examples_(max_examples) {}
  void add(std::string where, std::string a, std::string b) {
    ++count_;
    if (examples_.size() < max_examples_) examples_.push_back({std::move(where), std::move(a), std::move(b)});
  }
  std::uint64_t count() const { return count_; }
  std::vector<Example> take() { return std::move(examples_); }

 private:
  std::size_t max_examples_;
  std::uint64_t count_ = 0;
  std::vector<Example> examples_;
};

// Causes that change an image's files or behaviour come first, those that only change its bytes last; causes of one
// layer or document stay together.
void sort_by_importance(Causes& causes);

Json causes_json(const Causes& causes);
// For people: a heading for each document and layer, then one line per cause with its examples and hint.
std::string causes_text(const Causes& causes, bool color);
// The names, each once, one per line.
std::string causes_names(const Causes& causes);

// A value as an example shows it: "-" for none.
std::string or_none(const std::string& value);

}  // namespace fn::img
