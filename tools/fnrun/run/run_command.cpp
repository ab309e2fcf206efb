// SPDX-License-Identifier: Apache-2.0
// One command in one sandbox, in this process: it makes the sandbox, passes signals and the terminal on, watches the
// limits, and tells how the command ended. The pool is asked first, so that its answer comes while the rest is
// prepared. When the command has ended, its receipt is collected and the sandbox is left: the janitor removes the
// groups, and nobody waits for it. That required walls were up is checked once more against what the start has told.
#include "run/run_command.hpp"

#include "base/text.hpp"
#include "base/units.hpp"
#include "run/pool_use.hpp"
#include "run/published.hpp"
#include "run/stream_relay.hpp"
#include "run/supervise.hpp"
#include "sys/term.hpp"

#include <cstdlib>
#include <unistd.h>

namespace fn::run {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;

// Without a limit of its own it was the memory of the host, or of a group above.
std::string out_of_memory_text(const call::ProcessEnd& end, Bytes limit) {
  return fmt::format(
      "{} was killed: {}", end.code == 0 ? "a process of the command" : "the command",
      limit == 0 ? "out of memory" : fmt::format("it exceeded its memory limit of {}", memory_text(limit)));
}

}  // namespace

bool RunRequest::wants_terminal() const {
  return !no_terminal && !json && sys::is_terminal(STDIN_FILENO) && sys::is_terminal(STDOUT_FILENO);
}

sandbox::Plan plan_run(const function::Target& target, const RunRequest& request) {
  sandbox::Spec spec =
      function::make_spec(target, request.settings, function::command_of(target, request.command, request.entrypoint));
  spec.terminal = request.wants_terminal();
  spec.time = request.settings.timeout;
  spec.timed = request.json || request.timing;
  if (spec.terminal)
    if (const char* term = getenv("TERM")) spec.environment.push_back(std::string("TERM=") + term);
  return sandbox::make_plan(std::move(spec), sandbox::look_at_host(sandbox::LookForCgroups::yes));
}

std::string RunResult::note() const {
  using Why = call::ProcessEnd::Why;
  if (end.why == Why::timeout)
    return fmt::format("timed out after {}: all processes in the sandbox were killed", human_duration(limits.timeout));
  return end.why == Why::out_of_memory ? out_of_memory_text(end, limits.memory) : "";
}

RunResult run_command(const sandbox::Plan& plan, const RunRequest& request, const std::string& home, const Voice& voice,
                      Begun& begun) {
  sandbox::PoolTicket ticket = ask_pool(request.settings.pool, plan, home, voice);
  const PassedSignals signals;
  const int out = request.json ? STDERR_FILENO : STDOUT_FILENO;
  std::vector<function::Listener> listeners = listen_outside(request.settings, voice);
  std::optional<StreamRelay> relay;
  if (!plan.spec.terminal) relay.emplace(StreamRelay::Streams{STDIN_FILENO, out, STDERR_FILENO});
  sandbox::Sandbox sandbox =
      sandbox::Sandbox::start(plan, relay ? relay->inside() : StreamRelay::Streams{}, std::move(ticket));
  function::LimitWatch limits(plan, request.settings.timeout);
  const std::unique_ptr<function::PortRelay> ports = relay_to(sandbox, std::move(listeners), voice);
  begun = Begun::yes;
  RunResult result;
  try {
    result.end = supervise(sandbox, signals, limits, relay ? &*relay : nullptr, ports.get());
  } catch (const Error&) {
    const auto& end = sandbox.end();
    if (end && end->how == sandbox::End::How::not_started) begun = Begun::no;
    throw;
  }
  result.took = duration_cast<microseconds>(steady_clock::now() - limits.started());
  result.limits = limits.limits();
  result.pooled = sandbox.is_pooled();
  if (request.json) {
    result.usage = sandbox.usage();
    result.walls = sandbox.walls();
  }
  if (request.json || request.timing) result.timing = sandbox.timing();
  sandbox::check_required(sandbox.walls(), plan.spec.require);
  sandbox.leave();
  return result;
}

}  // namespace fn::run
