// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace fn::layer {

// A path matches a pattern: "?" is one byte and "*" any number of bytes, both without "/"; "**" is any number of bytes
// and "**/" any number of directories, none included; "[a-z]" and "[!a-z]" or "[^a-z]" are sets; "\" makes the next
// byte literal. A pattern without "/" is matched against the last component, as in gitignore.
bool glob_match(std::string_view pattern, std::string_view path);

// What makes a pattern match nothing, or not what was meant: "'[' has no ']'". Nothing if it is right.
std::optional<std::string_view> glob_mistake(std::string_view pattern);

}  // namespace fn::layer
