// SPDX-License-Identifier: Apache-2.0
#include "exec_protocol.hpp"

#include "base/text.hpp"
#include "call_end.hpp"
#include "lambda/protocol.hpp"
#include "sys/file.hpp"

#include <csignal>
#include <sys/wait.h>

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

ExecProtocol::Running::Running(Call the_call, const sandbox::Plan& plan, const sandbox::Entry::Where& where)
    : id(std::move(the_call.id)),
      timeout(the_call.timeout),
      streams(the_call.event),
      entry(plan, where, streams.inside(), -1) {
  streams.close_inside();
}

ExecProtocol::ExecProtocol(const Assignment& assignment, const Blueprint& blueprint, const sandbox::Plan& plan,
                           sandbox::Sandbox& sandbox, CallEvents& events)
    : assignment_(assignment),
      sandbox_(sandbox),
      events_(events),
      entry_plan_(
          sandbox::plan_entry(plan, blueprint.spec.command, blueprint.spec.environment, blueprint.spec.working_dir)),
      up_(sandbox.wait_until_up()) {}

void ExecProtocol::watch(PollSet& set) const {
  if (up_ && !announced_) set.until(steady_clock::now());
  for (const auto& call : running_) {
    set.add(call->streams.response_fd());
    set.add(call->streams.log_fd());
    set.add(call->entry.pidfd());
    if (call->timeout) set.until(call->since + *call->timeout);
  }
}

void ExecProtocol::serve(const PollSet& set) {
  if (up_ && !announced_) {
    announced_ = true;
    events_.on_ready();
  }
  std::erase_if(running_, [&](const auto& call) { return !serve(*call, set); });
}

bool ExecProtocol::serve(Running& call, const PollSet& set) {
  if (set.is_ready(call.streams.log_fd())) move_log(call);
  if (set.is_ready(call.streams.response_fd()) && !move_response(call)) return false;
  if (set.is_ready(call.entry.pidfd())) return check_end(call);
  if (call.timeout && steady_clock::now() >= call.since + *call.timeout) {
    finish(call, lambda::timed_out(*call.timeout));
    events_.on_broken(lambda::timed_out(*call.timeout));
    return false;
  }
  return true;
}

// False, and the call is over, if the response is too large.
bool ExecProtocol::move_response(Running& call) {
  std::string bytes;
  if (call.streams.read_response(bytes) != CallStreams::Got::some) return true;
  if (call.streams.size() > lambda::max_response) {
    finish(call, response_too_large(lambda::max_response));
    return false;
  }
  if (call.streams.size() == bytes.size()) events_.on_head(call.id, "application/octet-stream", true);
  events_.on_chunk(call.id, bytes);
  return true;
}

void ExecProtocol::move_log(Running& call) {
  std::string bytes;
  if (call.streams.read_log(bytes) == CallStreams::Got::some) events_.on_log(call.id, bytes);
}

bool ExecProtocol::check_end(Running& call) {
  try {
    const auto record = call.entry.end();
    if (!record) return true;
    // What is still in the pipes; a child of the program may hold them open for longer than we care.
    std::string bytes;
    while (call.streams.read_log(bytes) == CallStreams::Got::some) events_.on_log(call.id, bytes);
    for (;;) {
      const Bytes before = call.streams.size();
      if (!move_response(call)) return false;
      if (call.streams.size() == before) break;
    }
    const bool killed = WIFSIGNALED(record->status) && WTERMSIG(record->status) == SIGKILL;
    finish(call, outcome_of_program({.status = record->status,
                                     .out_of_memory = killed && sandbox_.usage().oom_kills > call.oom_kills_before,
                                     .memory_limit = assignment_.settings.memory.value_or(0)}));
  } catch (const Error& error) {
    events_.on_broken(error);
  }
  return false;
}

void ExecProtocol::finish(const Running& call, const lambda::Outcome& outcome) {
  events_.on_result(call.id, outcome, duration_cast<microseconds>(steady_clock::now() - call.since));
}

void ExecProtocol::invoke(Call call) {
  if (!up_) return;  // the end of the sandbox is the answer
  if (call.event.size() > lambda::max_event)
    fail_hint(Kind::usage, "send a reference to the data instead", "the event is {} bytes long, more than {}",
              call.event.size(), lambda::max_event);
  running_.push_back(std::make_unique<Running>(std::move(call), entry_plan_, sandbox_.entrance()));
  running_.back()->oom_kills_before = sandbox_.usage().oom_kills;
}

lambda::Outcome ExecProtocol::outcome_of(const sandbox::End&, bool out_of_memory) const {
  return outcome_of_program(
      {.status = SIGKILL, .out_of_memory = out_of_memory, .memory_limit = assignment_.settings.memory.value_or(0)});
}

void ExecProtocol::resume(steady_clock::duration paused) {
  for (const auto& call : running_) call->since += paused;
}

void ExecProtocol::signal(int number) {
  for (const auto& call : running_) call->entry.signal(number);
}

pid_t ExecProtocol::command_pid() const {
  return running_.empty() ? 0 : pid_of(running_.back()->entry.pidfd());
}

}  // namespace fn::run
