// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace fn::run {

// How people are told what happens beside the answer.
struct Voice {
  std::function<void(std::string_view)> note;
  bool verbose = false;
};

}  // namespace fn::run
