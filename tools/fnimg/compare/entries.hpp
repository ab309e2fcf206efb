// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.hpp"
#include "compare/causes.hpp"
#include "compare/headers.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace fn::img {

// An entry of a tar, with everything that is compared.
struct Member : EntryWithHeaders {
  std::uint64_t index = 0;  // its place in the tar
  Sha256::Value content{};  // of a file's content
};

// Collects the differences between the entries of two tars.
class EntryComparison {
 public:
  enum class In { a, b };

  explicit EntryComparison(std::size_t max_examples);

  // An entry in both.
  void pair(const Member& a, const Member& b);
  // An entry in only one of them.
  void only(const Member& member, In side);

  // Adds a cause for each kind of difference that was found.
  void add_to(Causes& causes, const std::string& layer);

 private:
  struct Times {
    std::int64_t first = 0;
    std::int64_t last = 0;
    void add(std::int64_t time, bool is_first);
    std::string str() const;
  };

  Tally& tally(const std::string& what) { return tallies_.try_emplace(what, max_examples_).first->second; }
  void add(const std::string& what, const Member& a, std::string value_a, std::string value_b);
  void compare_content(const Member& a, const Member& b);
  void compare_metadata(const Member& a, const Member& b);
  void compare_headers(const Member& a, const Member& b);
  std::string text(const std::string& what, std::uint64_t count) const;

  std::size_t max_examples_;
  std::uint64_t pairs_ = 0;
  Times times_a_;  // of all entries in both
  Times times_b_;
  std::map<std::string, Tally> tallies_;
  std::map<std::string, std::uint64_t> spellings_;  // header fields written differently, and in how many entries
};

}  // namespace fn::img
