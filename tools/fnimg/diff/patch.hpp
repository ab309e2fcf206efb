// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fn::img {

// Whether content can be shown and patched by lines: UTF-8 without control characters but tab, newline, carriage return
// and form feed.
bool is_text(std::string_view content);

// The difference of two texts in the unified format (POSIX.1-2017, diff, "Diff -u Output Format"), 3 lines of context,
// with the given labels after "---" and "+++"; "" for equal texts. patch(1) makes `b` of `a` with it. The number of
// unchanged lines is maximal (Myers, "An O(ND) Difference Algorithm", 1986), up to a bound on the work.
std::string unified_diff(std::string_view a, std::string_view b, const std::string& label_a,
                         const std::string& label_b);

}  // namespace fn::img
