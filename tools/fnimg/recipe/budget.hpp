// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// Limits of an image, and changes that it forbids: fnimg.toml's [budget]. `size` checks the sizes, `diff` all of it.
struct Budget {
  std::optional<Bytes> max_compressed;  // of the layers' blobs
  std::optional<Bytes> max_size;        // of the files of the final image
  std::optional<Bytes> max_wasted;      // of files that a later layer hides, and of copies
  std::optional<Bytes> max_files;       // a number
  std::optional<Bytes> max_added;       // growth of files, new ones included
  std::optional<Bytes> max_fetch;       // of chunks that a node with the old image lacks
  bool no_new_setuid = false;
  bool no_downgrade = false;
  bool no_removed_packages = false;
};

// A broken rule.
struct BrokenRule {
  std::string rule;  // its name in the file
  std::optional<Bytes> limit;
  std::optional<Bytes> value;
  std::string text;  // a sentence; foreign text in it is printable()
};

// Adds a broken rule if there is a limit and `value` is over it: "VALUE WHAT, limit LIMIT".
void check_limit(std::string_view rule, std::optional<Bytes> limit, Bytes value, std::string_view what,
                 std::vector<BrokenRule>& broken);

// {"ok", "broken": [{"rule", "limit", "value", "text"}]}
Json budget_json(const std::vector<BrokenRule>& broken);
// One line per broken rule; "" if all hold.
std::string budget_text(const std::vector<BrokenRule>& broken, bool color);

}  // namespace fn::img
