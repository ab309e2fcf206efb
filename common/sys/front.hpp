// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <string_view>

namespace fn::sys {

// A tool that is in the way of much else is two programs: the one that users call is small, has what is asked for most
// and starts at once; for all else it becomes `TOOL-verbs`, which has every verb.

// Becomes the program of all verbs (helper_path()), with the same arguments. Throws failure.
[[noreturn]] void become_all_verbs(std::string_view tool, char** argv);

// Ends the process for what went wrong before the other program could say it: in words, or as JSON if that was asked
// for. Never writes to stdout.
[[noreturn]] void give_up(std::string_view tool, char** argv, const Error& error) noexcept;

}  // namespace fn::sys
