// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <rapidcheck.h>
#include <string>

namespace fn::property {

// As many cases as this, fewer under sanitizers; RC_PARAMS in the environment has the last word. Before rc::check.
inline void set_cases(int count) {
  setenv("RC_PARAMS", ("max_success=" + std::to_string(count / FN_PATIENCE)).c_str(), 0);
}

}  // namespace fn::property
