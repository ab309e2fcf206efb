// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fn::state {

// What completion offers, sorted: nothing where there is no state, or one that can't be read at once.
std::vector<std::string> reference_names(const std::string& home) noexcept;
std::vector<std::string> function_names(const std::string& home) noexcept;

}  // namespace fn::state
