// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <rapidcheck.h>
#include <string>

namespace fn::property {

#ifdef __SANITIZE_ADDRESS__
inline constexpr int slower = 8;
#else
inline constexpr int slower = 1;
#endif

// As many cases as this, fewer under a sanitizer; RC_PARAMS in the environment has the last word. Before rc::check.
inline void set_cases(int count) {
  setenv("RC_PARAMS", ("max_success=" + std::to_string(count / slower)).c_str(), 0);
}

}  // namespace fn::property
