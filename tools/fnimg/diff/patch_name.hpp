// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fn::img {

// A name as a line of a patch has it: itself, or in double quotes with C's escapes, which git (quote.c) and GNU patch
// 2.7 take apart in the same way, if it has blanks, control characters, quotes, backslashes, or bytes that are no UTF-8
// or don't show; also if it begins like a line that means something to them.
std::string patch_name(std::string_view name);

// git apply refuses this path: one of its components is what git calls its own directory, on some system (git's
// read-cache.c, verify_path).
bool is_refused_by_git(std::string_view path);

}  // namespace fn::img
