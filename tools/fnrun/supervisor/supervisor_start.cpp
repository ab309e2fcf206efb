// SPDX-License-Identifier: Apache-2.0
// The start of an instance's sandbox, and what the service does when its init fails or takes longer than the init
// phase: the environment is thrown away, and init runs once more within the call, whose timeout limits both together
// and whose duration has both in it (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). Without a
// call there is nothing to do it for: then the sandbox is gone, and the second one waits for whoever had this instance
// started, who may come a moment later. With a debugger the first one is the one that is looked at.
//
// on_broken() is often called from within the protocol, so it only kills the sandbox and notes that a second one is due
// (`init_failed_`); the loop starts that when nobody is in the middle of anything. `kept_call_` is the call, until a
// runtime is ready for it.
#include "call/log_lines.hpp"
#include "function/call_streams.hpp"
#include "supervisor/exec_protocol.hpp"
#include "supervisor/lambda_protocol.hpp"
#include "supervisor/supervisor.hpp"

#include <fcntl.h>

namespace fn::run {

// What is there of an earlier one stays until all of this one is.
void Supervisor::start_sandbox() {
  sys::Pipe output = function::make_output_pipe();
  const sys::Fd nothing = function::make_empty_input();
  started_ = Clock::now();
  auto sandbox = std::make_unique<sandbox::Sandbox>(
      sandbox::Sandbox::start(plan_, {nothing.get(), output.write.get(), output.write.get()}));
  std::unique_ptr<Protocol> protocol;
  CallEvents& events = *this;
  if (blueprint_.protocol == state::Protocol::lambda) {
    sys::Fd api_socket(api_socket_ ? fcntl(api_socket_.get(), F_DUPFD_CLOEXEC, 0) : -1);
    protocol = std::make_unique<LambdaProtocol>(assignment_, blueprint_, plan_, *sandbox, std::move(api_socket),
                                                output.write.get(), events);
  } else {
    protocol = std::make_unique<ExecProtocol>(assignment_, blueprint_, plan_, *sandbox, events);
  }
  std::vector<function::Listener> listeners = relay_ ? relay_->take_listeners() : std::move(listeners_);
  relay_.reset();
  protocol_ = std::move(protocol);
  sandbox_ = std::move(sandbox);
  output_ = std::move(output);
  output_.write.reset();
  end_seen_ = false;
  record_.init = sandbox_->init_pid();
  open_ports(std::move(listeners));
  save(true);
}

// Not for an error of ours, which the second one would meet as well.
bool Supervisor::may_init_again(const Reason& reason) const {
  return std::holds_alternative<call::Outcome>(reason) && blueprint_.protocol == state::Protocol::lambda && !ready_ &&
         !init_again_since_ && !stop_ && !broken_told_ && !assignment_.debugger && !has_shells();
}

void Supervisor::note_failed_init(const Reason& reason) {
  const auto* outcome = std::get_if<call::Outcome>(&reason);
  if (ready_ || stop_ || outcome == nullptr || blueprint_.protocol != state::Protocol::lambda) return;
  drain_output();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_);
  on_log(pending_.empty() ? "" : pending_.begin()->first,
         call::init_report_line(took, init_again_since_ ? "invoke" : "init", *outcome));
}

void Supervisor::init_again() {
  init_failed_ = false;
  init_again_since_ = Clock::now();
  if (kept_call_->timeout) init_limit_ = *kept_call_->timeout;
  limits_ = function::LimitWatch(plan_, std::nullopt);
  try {
    start_sandbox();
  } catch (const Error& error) {
    on_broken(error);
  }
}

void Supervisor::invoke_kept_call() {
  Call call = std::move(*kept_call_);
  kept_call_.reset();
  if (!pending_.contains(call.id)) return;
  call.spent = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - *init_again_since_);
  if (call.timeout && call.spent >= *call.timeout) return on_broken(call::timed_out(*call.timeout));
  protocol_->invoke(std::move(call));
}

}  // namespace fn::run
