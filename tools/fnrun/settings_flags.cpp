// SPDX-License-Identifier: Apache-2.0
#include "settings_flags.hpp"

namespace fn::run {

void declare_settings(cli::Command& command, Settings& settings, std::string_view env) {
  command.bytes("--memory", settings.memory, "all processes together; past it the function is killed")
      .number("--cpus", settings.cpus, "processors' worth of time")
      .option("--pids", settings.pids, {.name = "N"}, "processes and threads (1024)")
      .duration("--timeout", settings.timeout, "then everything in the sandbox is killed")
      .option("--net", settings.network, {.name = "NET", .choices = {"none", "loopback", "host"}},
              "none, its own loopback, or the host's network")
      .option(env, settings.env, {.name = "K=V"}, "a variable; K alone passes ours on")
      .option("--mount", settings.mounts, {.name = "SRC:DST[:ro]", .complete = cli::Complete::file},
              "a file or directory of the host")
      .option("--user", settings.user, {.name = "USER[:GROUP]"}, "instead of the image's")
      .option("-w,--workdir", settings.working_dir, {.name = "DIR"}, "instead of the image's")
      .flag("--writable", settings.writable, "the root takes changes, which go with the sandbox")
      .bytes("--tmp-size", settings.scratch, "of /tmp and all changes together (64 MiB)")
      .option("--seccomp", settings.seccomp, {.name = "PROFILE", .complete = cli::Complete::file},
              "default, strict, off or a file with an OCI profile")
      .option("--require", settings.require, {.name = "WALLS"}, "fail unless these are up: seccomp,landlock,memory,..")
      .option("--pool", settings.pool, {.name = "POOL", .choices = {"auto", "on", "off"}},
              "auto: take from 'fnrun pool start' if it runs; on: start it (FN_POOL)");
}

}  // namespace fn::run
