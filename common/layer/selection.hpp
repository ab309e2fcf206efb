// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/pattern.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fn::layer {

struct Owner {
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
};

// "UID:GID" or "UID" (the group is the same number). Names are refused: which number they are depends on the machine.
// Throws usage.
Owner parse_owner(std::string_view text);
// Octal, up to 7777. Throws usage.
std::uint32_t parse_mode(std::string_view text);

// Mode and owner of what matches; the last rule that matches and says something wins.
struct Rule {
  Pattern match;  // against the path in the source
  std::optional<std::uint32_t> mode = {};
  std::optional<Owner> owner = {};
};

// Which files of a source go into a layer, and with which attributes.
struct Selection {
  // Empty: everything. Otherwise what matches, what is below it, and the directories above.
  std::vector<Pattern> include = {};
  std::vector<Pattern> exclude = {};  // with everything below; wins over include
  std::vector<Rule> rules = {};
  std::optional<Owner> owner = {};          // for all files; nothing: as in the source
  std::optional<std::int64_t> latest = {};  // later times are clamped to this
  std::optional<std::int64_t> time = {};    // of all files, whatever it was; wins over latest
  std::string into = {};                    // where in the image the source's root goes; "" is the root
};

// Which patterns of a selection have matched something, in their order.
struct PatternUse {
  std::vector<bool> include = {};
  std::vector<bool> exclude = {};
  std::vector<bool> rules = {};  // something that stays
};

// Applies a selection to a source's items: order is kept. A hard link whose first name was left out becomes the file.
// Adds to `use`, if that is given, which patterns matched.
std::vector<Item> select(std::vector<Item> items, const Selection& selection, PatternUse* use = nullptr);

// Sets a time that is later than `latest`, in seconds since 1970, to that.
void clamp_time(Item& item, std::int64_t latest);

// The items of several sources as one layer: sorted by path (bytewise, parents before children); of two with the same
// path the later source wins, and a file in place of a directory takes what was below with it.
std::vector<Item> merge(std::vector<std::vector<Item>> sources);

}  // namespace fn::layer
