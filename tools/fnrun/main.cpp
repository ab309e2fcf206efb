// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"
#include "instance/instances.hpp"
#include "state/home.hpp"
#include "state/names.hpp"
#include "state/store.hpp"
#include "verbs/verbs.hpp"

namespace {

// For completion, which is not told of errors.
std::vector<std::string> instance_names(const std::string& home) {
  std::vector<std::string> names;
  try {
    for (const fn::instance::RunningInstance& each : fn::instance::Instances(home).list().running)
      names.push_back(each.record.id);
  } catch (const fn::Error&) {
    return names;
  }
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  namespace run = fn::run;
  const fn::cli::App app{
      .name = "fnrun",
      .version = FN_VERSION,
      .summary = "runs functions in a sandbox, from images or directories: no daemon, no root",
      .examples = {{"fnrun run app:v1 --entrypoint sh", "a command in a sandbox"},
                   {"fnrun function set resize app:v1 --memory 256MiB --timeout 3s", "a function: an image and limits"},
                   {"fnrun invoke resize -e event.json", "one event: the response on stdout, the log on stderr"},
                   {"fnrun ps", "the instances waiting for calls"},
                   {"fnrun doctor", "what this host allows, and how to fix the rest"}},
      .verbs = {run::run_verb(), run::invoke_verb(), run::serve_verb(), run::start_verb(), run::ps_verb(),
                run::logs_verb(), run::shell_verb(), run::debug_verb(), run::pause_verb(), run::resume_verb(),
                run::stop_verb(), run::function_set_verb(), run::function_show_verb(), run::function_ls_verb(),
                run::function_rm_verb(), run::pool_start_verb(), run::pool_stop_verb(), run::doctor_verb()},
      .foreign_verbs = {{"exec", "run 'fnrun shell INSTANCE -- CMD'"},
                        {"attach", "run 'fnrun logs -f INSTANCE', or 'fnrun shell INSTANCE'"},
                        {"unpause", "run 'fnrun resume INSTANCE'"},
                        {"kill", "run 'fnrun stop INSTANCE --grace 0s'"},
                        {"rm", "run 'fnrun stop INSTANCE', or 'fnrun function rm NAME'"},
                        {"list", "run 'fnrun ps', or 'fnrun function ls'"},
                        {"ls", "run 'fnrun ps', or 'fnrun function ls'"},
                        {"images", "run 'fnimg ls'"},
                        {"build", "run 'fnimg build -t REF --layer NAME=DIR'"},
                        {"version", "run 'fnrun --version'"},
                        {"function list", "run 'fnrun function ls'"},
                        {"function delete", "run 'fnrun function rm NAME'"},
                        {"function create", "run 'fnrun function set NAME REF'"},
                        {"function update", "run 'fnrun function set NAME'"},
                        {"function get", "run 'fnrun function show NAME'"}},
      .foreign_flags = {{"-p", "use '--publish PORT' or '--publish PORT:PORT'"},
                        {"--port", "use '--publish PORT', or, where 'serve' listens, '--listen ADDR:PORT'"},
                        {"-it", "leave it out: a terminal is passed on unless '-T' is given"},
                        {"-i", "leave it out: stdin is passed on"},
                        {"-t", "leave it out: a terminal is passed on unless '-T' is given"},
                        {"-d", "run 'fnrun start'"},
                        {"--detach", "run 'fnrun start'"},
                        {"--rm", "leave it out: nothing is left of a sandbox that has ended"},
                        {"--name", "run 'fnrun function set NAME REF', then use NAME"},
                        {"--volume", "use '--mount SRC:DST'"},
                        {"--network", "use '--net none', '--net loopback' or '--net host'"}},
      .default_home = fn::state::default_home,
      .references = fn::state::reference_names,
      .functions = fn::state::function_names,
      .instances = instance_names};
  return fn::cli::run(app, argc, argv);
}
