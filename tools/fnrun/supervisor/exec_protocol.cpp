// SPDX-License-Identifier: Apache-2.0
// The exec protocol: the sandbox has no command of its own, and each call starts a program in it (sandbox::Entry). The
// event is the program's stdin, a file; its stdout is the response, its stderr the log, both pipes that are read as
// they fill. Several calls may run at once. All of this is in the supervisor's thread, and no read blocks.
//
// A call ends when its program does, known by the pidfd. What is in the pipes then is read, but their end is not waited
// for: a child that the program left behind may hold them open. A response that is too large ends the call at once. A
// timeout ends the call and breaks the instance, which kills all that runs in the sandbox.
#include "supervisor/exec_protocol.hpp"

#include "base/text.hpp"
#include "call/request.hpp"
#include "supervisor/debugged_time.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <csignal>

namespace fn::run {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;

// proc_pid_fdinfo(5): of a pidfd, "Pid:\t4711".
pid_t pid_of(int pidfd) {
  const std::string text = sys::read_file(fmt::format("/proc/self/fdinfo/{}", pidfd), 64 * KiB);
  const std::size_t at = text.find("\nPid:");
  if (at == std::string::npos) return 0;
  const std::string_view rest = std::string_view(text).substr(at + 5);
  return static_cast<pid_t>(parse_uint(trim(rest.substr(0, rest.find('\n')))).value_or(0));
}

}  // namespace

ExecProtocol::Running::Running(Call the_call, const sandbox::Plan& plan, const sandbox::ExecProcess::Target& target)
    : id(std::move(the_call.id)),
      timeout(the_call.timeout),
      streams(sys::document_fd(the_call.event, "event"), call::max_response),
      process(plan, target, streams.inside(), -1) {
  streams.close_inside();
}

ExecProtocol::ExecProtocol(const function::Assignment& assignment, const function::Blueprint& blueprint,
                           const sandbox::Plan& plan, sandbox::Sandbox& sandbox, CallEvents& events)
    : assignment_(assignment),
      sandbox_(sandbox),
      events_(events),
      exec_plan_(
          sandbox::plan_exec(plan, blueprint.spec.command, blueprint.spec.environment, blueprint.spec.working_dir)),
      up_(sandbox.wait_until_up()) {}

void ExecProtocol::watch(sys::PollSet& set) const {
  if (up_ && !announced_) set.until(steady_clock::now());
  for (const auto& call : running_) {
    set.add(call->streams.response_fd());
    set.add(call->streams.log_fd());
    set.add(call->process.pidfd());
    if (call->timeout) set.until(call->since + *call->timeout);
  }
}

void ExecProtocol::serve(const sys::PollSet& set) {
  if (up_ && !announced_) {
    announced_ = true;
    events_.on_ready();
  }
  std::erase_if(running_, [&](const auto& call) { return !serve(*call, set); });
}

bool ExecProtocol::serve(Running& call, const sys::PollSet& set) {
  if (set.is_ready(call.streams.log_fd())) move_log(call);
  if (set.is_ready(call.streams.response_fd()) && !move_response(call)) return false;
  if (set.is_ready(call.process.pidfd())) return check_end(call);
  if (call.timeout && steady_clock::now() >= call.since + *call.timeout) {
    finish(call, call::timed_out(*call.timeout));
    call::Outcome of_others = call::killed(SIGKILL);
    of_others.message = "killed with its instance: another call there timed out";
    events_.on_broken(std::move(of_others));
    return false;
  }
  return true;
}

// False, and the call is over, if the response is too large.
bool ExecProtocol::move_response(Running& call) {
  std::string bytes;
  if (call.streams.read_response(bytes) != function::CallStreams::ReadResult::some) return true;
  if (call.streams.is_too_large()) {
    finish(call, call::response_too_large(call::max_response));
    return false;
  }
  if (call.streams.size() == bytes.size()) events_.on_head(call.id, "application/octet-stream", true);
  events_.on_chunk(call.id, bytes);
  return true;
}

void ExecProtocol::move_log(Running& call) {
  std::string bytes;
  if (call.streams.read_log(bytes) == function::CallStreams::ReadResult::some) events_.on_log(call.id, bytes);
}

bool ExecProtocol::check_end(Running& call) {
  try {
    const auto record = call.process.end();
    if (!record) return true;
    // What is still in the pipes; a child of the program may hold them open for longer than we care.
    std::string bytes;
    while (call.streams.read_log(bytes) == function::CallStreams::ReadResult::some) events_.on_log(call.id, bytes);
    for (;;) {
      const Bytes before = call.streams.size();
      if (!move_response(call)) return false;
      if (call.streams.size() == before) break;
    }
    // A group that can't be read any more tells of none.
    const auto oom_kills = [&] {
      return std::max(sandbox_.oom_kills(), call.oom_kills_before) - call.oom_kills_before;
    };
    const call::ProcessEnd end = call::end_of_limited_processes(record->status, oom_kills, call::KillReason::none);
    finish(call, call::outcome_of_program(end, limits()));
  } catch (const Error& error) {
    events_.on_broken(error);
  }
  return false;
}

void ExecProtocol::finish(const Running& call, const call::Outcome& outcome) {
  events_.on_result(call.id, outcome, duration_cast<microseconds>(steady_clock::now() - call.since));
}

void ExecProtocol::invoke(Call call) {
  if (!up_) return;  // the end of the sandbox is the answer
  if (call.event.size() > call::max_event)
    fail_hint(Kind::usage, "send a reference to the data instead", "the event has {} bytes, limit {}",
              call.event.size(), call::max_event);
  running_.push_back(std::make_unique<Running>(std::move(call), exec_plan_, sandbox_.exec_target()));
  running_.back()->oom_kills_before = sandbox_.oom_kills();
}

microseconds ExecProtocol::elapsed(const std::string& id) const {
  for (const auto& call : running_)
    if (call->id == id) return duration_cast<microseconds>(steady_clock::now() - call->since);
  return {};
}

// Every program in it was killed with it, whatever became of the first one.
call::Outcome ExecProtocol::outcome_of(const call::ProcessEnd& end) const {
  using Why = call::ProcessEnd::Why;
  return call::outcome_of_program(end.why == Why::exited ? call::ProcessEnd{Why::killed, SIGKILL} : end, limits());
}

call::Limits ExecProtocol::limits() const {
  return {.memory = assignment_.settings.memory.value_or(0)};
}

void ExecProtocol::resume(steady_clock::duration paused) {
  for (const auto& call : running_) call->since = after_standstill(call->since, paused, steady_clock::now());
}

void ExecProtocol::signal(int number) {
  for (const auto& call : running_) call->process.signal(number);
}

pid_t ExecProtocol::command_pid() const {
  return running_.empty() ? 0 : pid_of(running_.back()->process.pidfd());
}

}  // namespace fn::run
