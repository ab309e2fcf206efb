// SPDX-License-Identifier: Apache-2.0
#include "supervisor/extension_programs.hpp"

#include "call/outcome.hpp"
#include "function/call_streams.hpp"
#include "function/extensions.hpp"

#include <sys/wait.h>

namespace fn::run {
namespace {

std::string describe(int status) {
  return WIFEXITED(status) ? fmt::format("exit status {}", WEXITSTATUS(status)) : call::signal_text(WTERMSIG(status));
}

}  // namespace

ExtensionPrograms::ExtensionPrograms(const function::Blueprint& blueprint, const sandbox::Plan& plan,
                                     sandbox::Sandbox& sandbox, int output) {
  if (blueprint.extensions.empty() || !sandbox.wait_until_up()) return;
  const sys::Fd nothing = function::make_empty_input();
  const std::vector<std::string> environment = function::extension_environment(blueprint.spec.environment);
  for (const std::string& name : blueprint.extensions) {
    auto program = std::make_unique<Program>();
    program->name = name;
    program->plan = sandbox::plan_exec(plan, {fmt::format("{}/{}", function::extensions_path, name)}, environment, "/");
    program->process = std::make_unique<sandbox::ExecProcess>(
        program->plan, sandbox.exec_target(), sandbox::ExecProcess::Streams{nothing.get(), output, output}, -1);
    running_.push_back(std::move(program));
  }
}

void ExtensionPrograms::watch(sys::PollSet& set) const {
  for (const auto& program : running_) set.add(program->process->pidfd());
}

std::vector<ExtensionPrograms::Ended> ExtensionPrograms::take_ended(const sys::PollSet& set) {
  std::vector<Ended> ended;
  std::erase_if(running_, [&](const auto& program) {
    if (!set.is_ready(program->process->pidfd())) return false;
    try {
      const auto record = program->process->end();
      if (!record) return false;
      ended.push_back({program->name, describe(record->status)});
    } catch (const Error& error) {
      ended.push_back({program->name, error.what()});
    }
    return true;
  });
  return ended;
}

}  // namespace fn::run
