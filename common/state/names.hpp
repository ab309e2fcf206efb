// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fn::state {

// The candidates for completion, sorted: nothing if there is no state, or it cannot be read immediately.
std::vector<std::string> reference_names(const std::string& home) noexcept;
std::vector<std::string> channel_names(const std::string& home) noexcept;
std::vector<std::string> function_names(const std::string& home) noexcept;

}  // namespace fn::state
