// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fn {

// Optimal string alignment distance (insert, delete, substitute, transpose neighbours: cost 1 each).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word` within max(1, length / 3) edits, the first one of a tie; otherwise "".
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

// "did you mean 'X'?", or `otherwise` if nothing is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string_view otherwise = {});

}  // namespace fn
