// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "run/run_command.hpp"

#include <optional>
#include <span>

namespace fn::run {

// What the words after `fnrun` ask for, if that is a run in the plainest form: each flag with its value as the next
// word and at most once, none that reports, shows or needs more than the sandbox, and the command after "--". Nothing
// for all else, right or wrong, which is left to the program of all verbs.
std::optional<RunRequest> plain_run(std::span<const char* const> words);

}  // namespace fn::run
