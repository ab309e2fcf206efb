// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "settings.hpp"

namespace fn::run {

// --memory, --cpus, --pids, --timeout, --net, --env, --mount, --user, --workdir, --writable, --tmp-size, --seccomp,
// --require.
// `env` is "-e,--env" or, where -e means something else, "--env".
void declare_settings(cli::Command& command, Settings& settings, std::string_view env = "-e,--env");

}  // namespace fn::run
