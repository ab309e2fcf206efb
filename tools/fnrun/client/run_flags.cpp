// SPDX-License-Identifier: Apache-2.0
#include "client/run_flags.hpp"

#include "client/settings_flags.hpp"

namespace fn::run {

void declare_run(cli::Command& command, RunRequest& request) {
  declare_settings(command, request.settings);
  declare_publish(command, request.settings);
  declare_allow_remote(command, request.settings);
  declare_pool(command, request.settings);
  declare_entrypoint(command, request.entrypoint);
  command.flag("-T,--no-tty", request.no_terminal, "do not allocate a terminal, even if there is one here")
      .flag("--timing", request.timing, "show how long each step of this start took")
      .positional(request.target, {.name = "REF|DIR", .complete = cli::Complete::reference}, cli::Required::yes,
                  "an image, or a directory with files (/.., ./..)")
      .command(request.command, {.name = "CMD"}, cli::Required::no, "what to run, after the image's entrypoint");
}

}  // namespace fn::run
