// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/checked_image.hpp"
#include "compat/findings.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fn::img {

// Whether one image can take the place of another.
struct Compat {
  std::vector<Finding> findings;         // what the old image did not have
  std::vector<Finding> known;            // what both have
  std::vector<std::string> not_covered;  // files that load what can't be seen
  std::size_t objects = 0;               // programs and libraries of the new image that were looked at

  bool fits() const;
};

// Applies all rules to both images: what is wrong with both is nothing that the new one brings. Throws integrity for
// a corrupt ld.so.cache.
Compat check_compat(CheckedImage& before, CheckedImage& after);

}  // namespace fn::img
