// SPDX-License-Identifier: Apache-2.0
#include "client/settings_flags.hpp"

namespace fn::run {

void declare_settings(cli::Command& command, function::Settings& settings, std::string_view env) {
  command
      .memory("--memory", settings.memory,
              "limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit")
      .number("--cpus", settings.cpus, "CPU time, in processors, such as 0.5; 0: no limit")
      .option("--pids", settings.pids, {.name = "N"}, "processes and threads (1024); 0: no limit")
      .duration("--timeout", settings.timeout, "kill everything in the sandbox after this time; 0: no limit")
      .option("--net", settings.network, {.name = "NET", .choices = {"none", "loopback", "host"}},
              "none, a loopback of its own, or the host's network")
      .option(env, settings.env, {.name = "K=V"}, "set a variable; K alone passes on ours")
      .option("--mount", settings.mounts, {.name = "SRC:DST[:ro]", .complete = cli::Complete::file},
              "mount a file or directory of the host")
      .option("--user", settings.user, {.name = "USER[:GROUP]"}, "override the image's")
      .option("-w,--workdir", settings.working_dir, {.name = "DIR"}, "override the image's")
      .flag("--writable", settings.writable, "allow changes to the root; they are discarded with the sandbox")
      .memory("--tmp-size", settings.scratch, "size of /tmp and all changes together (64M); 0: no limit")
      .option("--seccomp", settings.seccomp, {.name = "PROFILE", .complete = cli::Complete::file},
              "default, strict, off or a file with an OCI profile")
      .option("--require", settings.require, {.name = "WALLS"},
              "fail unless these walls are up: seccomp,landlock,memory,..");
}

void declare_publish(cli::Command& command, function::Settings& settings) {
  command.option("--publish", settings.publish, {.name = "[ADDR:]PORT[:PORT]"},
                 "reach the sandbox's last PORT at the first, on this machine");
}

void declare_allow_remote(cli::Command& command, function::Settings& settings) {
  command.flag("--allow-remote", settings.allow_remote, "allow an ADDR of --publish that other machines can reach");
}

void declare_pool(cli::Command& command, function::Settings& settings) {
  command.option("--pool", settings.pool, {.name = "POOL", .choices = {"auto", "on", "off"}},
                 "auto: use the pool if it is running; on: start it (FN_POOL)");
}

void declare_entrypoint(cli::Command& command, std::optional<std::string>& entrypoint) {
  command.option("--entrypoint", entrypoint, {.name = "PROGRAM"}, "override the image's; '' for none");
}

void declare_init_timeout(cli::Command& command, function::Settings& settings) {
  command.duration("--init-timeout", settings.init_timeout, "init of a Lambda runtime (10s); 0: no limit");
}

void declare_freeze(cli::Command& command, function::Settings& settings) {
  command.flag("--freeze", settings.freeze, "freeze instances between calls, as the service does");
}

void declare_protocol(cli::Command& command, std::optional<std::string>& protocol) {
  command.option("--protocol", protocol, {.name = "PROTOCOL", .choices = {"auto", "exec", "lambda"}},
                 "exec, lambda, or auto: lambda if the image has a bootstrap and no entrypoint");
}

}  // namespace fn::run
