// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link/closure.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace fn::link {

// Loads a program or a library with all that it needs, breadth first, into a closure. Private to this folder.
class Loading {
 public:
  // Nothing is loaded yet. All of them must outlive it.
  Loading(Search& search, const Loader& loader, Closure& closure) : search_(search), loader_(loader), out_(closure) {}

  void run(const File& first);

  // The object that goes by a name in the closure; nothing: none does.
  std::optional<std::size_t> named(std::string_view name) const;
  // A name for which nothing was found, or nothing of use.
  bool is_lost(std::string_view name) const { return lost_.contains(name); }

 private:
  void load(std::string_view name, std::size_t by);
  bool is_loader(std::string_view name) const;
  void add_loader(std::string_view name, std::size_t by);
  void add(Found found, std::string_view name, std::size_t by);
  void lose(Problem problem, std::string_view name, std::size_t by, std::string path);
  bool is_usable(const File& file) const;

  Search& search_;
  const Loader& loader_;
  Closure& out_;
  std::deque<Requester> requesters_;  // of each object
  std::unordered_map<std::string_view, std::size_t> names_;
  std::unordered_map<std::uint64_t, std::size_t> inodes_;
  std::unordered_set<std::string_view> lost_;
};

}  // namespace fn::link
