// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fn::fuzz {

// What a target does with one input; each .cpp of this folder that is a target defines it.
void run(std::string_view input);

// Ends the process in a way that libFuzzer takes for a crash, unless `holds`.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  fmt::print(stderr, "broken: {}\n", what);
  std::abort();
}

// What `body` returns; nothing if it throws an Error, which is how input is refused. Any other exception ends the
// process by itself, and an Error that speaks of a bug of ours is one.
template <typename Body>
auto accepted(Body&& body) -> std::optional<decltype(body())> {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    require(error.kind() != Kind::internal, error.what());
    return std::nullopt;
  }
}

// Small decisions out of the fuzzer's bytes: zeros when they are used up.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  // 0 .. sides - 1, from one byte.
  unsigned roll(unsigned sides) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % sides;
  }
  std::string_view rest() { return std::exchange(bytes_, {}); }

 private:
  std::string_view bytes_;
};

}  // namespace fn::fuzz
