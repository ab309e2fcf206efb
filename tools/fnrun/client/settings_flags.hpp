// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "function/settings.hpp"

namespace fn::run {

// --memory, --cpus, --pids, --timeout, --net, --env, --mount, --user, --workdir, --writable, --tmp-size, --seccomp,
// --require.
// `env` is "-e,--env" or, where -e means something else, "--env".
void declare_settings(cli::Command& command, function::Settings& settings, std::string_view env = "-e,--env");

void declare_publish(cli::Command& command, function::Settings& settings);
void declare_allow_remote(cli::Command& command, function::Settings& settings);
void declare_pool(cli::Command& command, function::Settings& settings);
void declare_entrypoint(cli::Command& command, std::optional<std::string>& entrypoint);
void declare_init_timeout(cli::Command& command, function::Settings& settings);
void declare_freeze(cli::Command& command, function::Settings& settings);
void declare_protocol(cli::Command& command, std::optional<std::string>& protocol);

}  // namespace fn::run
