// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "error_of.hpp"
#include "package/database.hpp"

#include <doctest/doctest.h>
#include <string>
#include <string_view>
#include <vector>

namespace fn::package {

using Files = std::vector<std::string>;

// "NAME VERSION ARCHITECTURE ROOT" of each.
inline Files summary(const std::vector<Package>& packages) {
  Files out;
  for (const Package& p : packages)
    out.push_back(fmt::format("{} {} {} {}", p.name, p.version, p.architecture, p.root));
  return out;
}

inline std::string error_in(std::string_view path, std::string_view bytes) {
  return error_of([&] { read_database(path, bytes); });
}

// Cuts and changes `bytes` everywhere; whatever comes of it, `read` returns or throws integrity.
template <typename Read>
void damage_everywhere(const std::string& bytes, const Read& read) {
  const auto expect_calm = [&](const std::string& damaged, const char* how, std::size_t at) {
    const std::string error = error_of([&] { read(std::string_view(damaged)); });
    if (error != "nothing" && !error.starts_with("integrity: ")) FAIL_CHECK(how, " ", at, ": ", error);
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) expect_calm(bytes.substr(0, size), "cut to", size);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char flip : {'\x01', '\x40', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      expect_calm(damaged, "changed at", at);
    }
  }
}

inline void damage_database(std::string_view path, const std::string& bytes) {
  damage_everywhere(bytes, [&](std::string_view damaged) { read_database(path, damaged); });
}

}  // namespace fn::package
