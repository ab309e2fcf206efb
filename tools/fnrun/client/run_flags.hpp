// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "run/run_command.hpp"

namespace fn::run {

// The flags and arguments of `fnrun run`; front/plain_run.hpp reads the plainest of them.
void declare_run(cli::Command& command, RunRequest& request);

}  // namespace fn::run
