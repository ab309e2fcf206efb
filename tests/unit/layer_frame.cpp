// SPDX-License-Identifier: Apache-2.0
#include "layer/frame.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

TEST_CASE("bytes come back from their frame, and not from one that is damaged or too large") {
  for (const std::string& bytes : {std::string(), std::string("a\0b", 3), std::string(1 << 20, 'x')}) {
    const std::string frame = to_frame(bytes);
    CHECK(from_frame(frame, bytes.size()) == bytes);
    CHECK(frame.size() < 200);
    if (!bytes.empty()) CHECK_FALSE(error_of(Kind::integrity, [&] { from_frame(frame, bytes.size() - 1); }).empty());
    CHECK_FALSE(error_of(Kind::integrity, [&] { from_frame(frame.substr(0, frame.size() - 1), 1 << 20); }).empty());
    std::string damaged = frame;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    CHECK_FALSE(error_of(Kind::integrity, [&] { from_frame(damaged, 1 << 20); }).empty());
  }
  for (const char* none : {"", "x", "no frame of zstd"})
    CHECK_FALSE(error_of(Kind::integrity, [&] { from_frame(none, 100); }).empty());
}
