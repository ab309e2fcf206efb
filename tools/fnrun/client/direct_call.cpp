// SPDX-License-Identifier: Apache-2.0
// A call without a supervisor: this process starts the sandbox, stands by it in one thread, and is done with it.
//
// The event is a file in memory that the program has as its stdin, so that nobody need feed it. Its stdout is the
// response and its stderr the log: two pipes that are read as they fill, and handed to the receiver at once. The loop
// waits for the end of the sandbox, for output, and for the next look at the limits. When the sandbox has ended, what
// is still in the pipes is moved before the end is explained, since a program may write and exit faster than we read.
//
// A response over the limit and a timeout end the call there and then: everything in the sandbox is killed, and what it
// wrote after that is of no interest. An interrupt (Ctrl-C) is thrown out of the loop; the destructor of the sandbox
// kills what runs. After a call that ended in peace the teardown goes on without us (Sandbox::leave).
#include "client/direct_call.hpp"

#include "call/request.hpp"
#include "client/voice_of.hpp"
#include "function/call_streams.hpp"
#include "function/limit_watch.hpp"
#include "run/published.hpp"
#include "sys/file.hpp"
#include "sys/poll_set.hpp"
#include "sys/signal.hpp"

#include <algorithm>

namespace fn::run {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

class DirectCall {
 public:
  DirectCall(const function::Assignment& assignment, const sandbox::Plan& plan, const call::Request& request,
             const std::string& event, const call::Receiver& receiver, const cli::Context& context)
      : plan_(plan),
        receiver_(receiver),
        streams_(sys::document_fd(event, "event"), call::max_response),
        listeners_(listen_outside(assignment.settings, voice_of(context))),
        limits_(plan, request.timeout ? request.timeout : assignment.settings.timeout),
        sandbox_(sandbox::Sandbox::start(plan, streams_.inside())),
        ports_(relay_to(sandbox_, std::move(listeners_), voice_of(context))) {
    streams_.close_inside();
  }

  call::Outcome run() {
    while (!sandbox_.end()) {
      wait();
      if (ports_) ports_->run_ready();
      if (!move()) {
        sandbox_.kill();
        return call::response_too_large(call::max_response);
      }
      if (sandbox_.end()) break;
      if (limits_.check(sandbox_) == call::KillReason::timeout) return call::timed_out(limits_.limits().timeout);
    }
    if (ports_) ports_->drain();
    if (!drain()) return call::response_too_large(call::max_response);
    return call::outcome_of_program(limits_.end_of_command(sandbox_), limits_.limits());
  }

  call::Result result(const call::Outcome& outcome, const call::Request& request) {
    call::Result result;
    result.outcome = outcome;
    result.request_id = request.id;
    const sandbox::Timing timing = sandbox_.timing();
    const microseconds init{timing.to_command_us};
    result.init = init;
    result.duration =
        std::max(std::chrono::duration_cast<microseconds>(Clock::now() - limits_.started()) - init, microseconds(0));
    result.timeout = limits_.limits().timeout;
    result.memory_limit = limits_.limits().memory;
    const sandbox::Sandbox::Usage usage = sandbox_.usage();
    result.peak_memory = usage.peak_memory;
    result.peak_is_approximate = usage.peak_is_approximate;
    result.instance_ended = true;
    if (request.details) {
      result.walls = sandbox::to_json(sandbox_.walls());
      result.timing = sandbox::to_json(timing);
    }
    sandbox::check_required(sandbox_.walls(), plan_.spec.require);
    sandbox_.leave();
    return result;
  }

 private:
  void wait() {
    sys::PollSet set;
    set.add(sandbox_.end_fd());
    set.add(streams_.response_fd());
    set.add(streams_.log_fd());
    if (ports_) set.add(ports_->poll_fd());
    set.until(limits_.next_look());
    set.wait();
    sys::check_interrupt();
  }

  // What is there. False if the response is too large.
  bool move() {
    std::string bytes;
    if (streams_.read_log(bytes) == function::CallStreams::ReadResult::some && receiver_.log) receiver_.log(bytes);
    moved_ = !bytes.empty();
    if (streams_.read_response(bytes) != function::CallStreams::ReadResult::some) return true;
    moved_ = true;
    if (streams_.is_too_large()) return false;
    if (receiver_.chunk) receiver_.chunk(bytes);
    return true;
  }

  bool drain() {
    do {
      if (!move()) return false;
    } while (moved_);
    return true;
  }

  const sandbox::Plan& plan_;
  const call::Receiver& receiver_;
  function::CallStreams streams_;
  std::vector<function::Listener> listeners_;
  function::LimitWatch limits_;
  sandbox::Sandbox sandbox_;
  std::unique_ptr<function::PortRelay> ports_;
  bool moved_ = false;
};

}  // namespace

call::Result call_directly(const function::Assignment& assignment, const sandbox::Plan& plan,
                           const call::Request& request, const std::string& event, const call::Receiver& receiver,
                           const cli::Context& context) {
  DirectCall call(assignment, plan, request, event, receiver, context);
  const call::Outcome outcome = call.run();
  return call.result(outcome, request);
}

}  // namespace fn::run
