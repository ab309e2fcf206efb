// SPDX-License-Identifier: Apache-2.0
#include "direct_call.hpp"

#include "call_end.hpp"
#include "call_streams.hpp"
#include "lambda/protocol.hpp"
#include "sys/signal.hpp"

#include <csignal>
#include <poll.h>
#include <sys/wait.h>

namespace fn::run {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds look_interval{10};

class DirectCall {
 public:
  DirectCall(const Assignment& assignment, const sandbox::Plan& plan, const instance::CallRequest& request,
             const std::string& event, const instance::Receiver& receiver)
      : plan_(plan),
        receiver_(receiver),
        timeout_(request.timeout ? request.timeout : assignment.settings.timeout),
        memory_(assignment.settings.memory.value_or(0)),
        streams_(event),
        sandbox_(sandbox::Sandbox::start(plan, streams_.inside())) {
    streams_.close_inside();
    if (timeout_ && timeout_->count() == 0) timeout_.reset();
    if (plan.wall(sandbox::Wall::memory).level == sandbox::WallState::Level::approximate) looks_at_memory_ = true;
  }

  lambda::Outcome run() {
    while (!sandbox_.end()) {
      wait();
      if (!move()) return cut_off(response_too_large(lambda::max_response));
      if (sandbox_.end()) break;
      if (timeout_ && Clock::now() >= started_ + *timeout_) return cut_off(lambda::timed_out(*timeout_));
      if (looks_at_memory_ && sandbox_.resident() > memory_) {
        out_of_memory_ = true;
        sandbox_.kill();
      }
    }
    if (!drain()) return response_too_large(lambda::max_response);
    return ending();
  }

  instance::CallResult result(const lambda::Outcome& outcome, const instance::CallRequest& request) {
    instance::CallResult result;
    result.outcome = lambda::to_json(outcome);
    result.request_id = request.id;
    const sandbox::Timing timing = sandbox_.timing();
    const microseconds init{timing.to_command_us};
    result.init = init;
    result.duration =
        std::max(std::chrono::duration_cast<microseconds>(Clock::now() - started_) - init, microseconds(0));
    result.timeout = timeout_.value_or(milliseconds(0));
    result.memory_limit = memory_;
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
    auto left = milliseconds::max();
    if (timeout_) left = std::chrono::ceil<milliseconds>(started_ + *timeout_ - Clock::now());
    if (looks_at_memory_) left = std::min(left, look_interval);
    const int patience =
        left == milliseconds::max() ? -1 : static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 1'000'000));
    pollfd watched[] = {
        {sandbox_.end_fd(), POLLIN, 0}, {streams_.response_fd(), POLLIN, 0}, {streams_.log_fd(), POLLIN, 0}};
    poll(watched, std::size(watched), patience);
    sys::check_interrupt();
  }

  // What is there. False if the response is too large.
  bool move() {
    std::string bytes;
    if (streams_.read_log(bytes) == CallStreams::Got::some && receiver_.log) receiver_.log(bytes);
    moved_ = !bytes.empty();
    if (streams_.read_response(bytes) != CallStreams::Got::some) return true;
    moved_ = true;
    if (streams_.size() > lambda::max_response) return false;
    if (receiver_.chunk) receiver_.chunk(bytes);
    return true;
  }

  bool drain() {
    do {
      if (!move()) return false;
    } while (moved_);
    return true;
  }

  lambda::Outcome cut_off(lambda::Outcome outcome) {
    sandbox_.kill();
    return outcome;
  }

  lambda::Outcome ending() {
    const sandbox::End& end = *sandbox_.end();
    if (end.error) throw Error(*end.error);
    const bool has_status = end.how == sandbox::End::How::command_ended;
    const int status = has_status ? end.record.status : SIGKILL;
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    return outcome_of_program({.status = status,
                               .out_of_memory = out_of_memory_ || (killed && sandbox_.usage().oom_kills > 0),
                               .memory_limit = memory_});
  }

  const sandbox::Plan& plan_;
  const instance::Receiver& receiver_;
  std::optional<milliseconds> timeout_;
  Bytes memory_;
  CallStreams streams_;
  Clock::time_point started_ = Clock::now();
  sandbox::Sandbox sandbox_;
  bool looks_at_memory_ = false;
  bool out_of_memory_ = false;
  bool moved_ = false;
};

}  // namespace

instance::CallResult call_directly(const Assignment& assignment, const sandbox::Plan& plan,
                                   const instance::CallRequest& request, const std::string& event,
                                   const instance::Receiver& receiver) {
  DirectCall call(assignment, plan, request, event, receiver);
  const lambda::Outcome outcome = call.run();
  return call.result(outcome, request);
}

}  // namespace fn::run
