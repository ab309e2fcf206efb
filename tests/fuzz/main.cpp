// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fn::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
