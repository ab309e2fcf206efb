// SPDX-License-Identifier: Apache-2.0
// The lambda protocol: the function's runtime asks for events by HTTP. The listening socket was made inside the
// sandbox, on its loopback, and handed out; with the host's network it is the supervisor's own, and only the sandbox's
// processes are let in. The server on it runs in the supervisor's thread (watch and serve). This class translates
// between the supervisor's calls and what RuntimeApi tells (lambda::Events).
//
// A call is in `open_` from invoke until the API is done with it, which is later than its answer, because the runtime
// and all extensions must ask for more first. The time of a call is counted from its delivery. A call is answered once:
// a timeout after the answer breaks the instance, but changes no result.
//
// A response that ends in its middle is an error of a runtime that lives, and no more than the first sign of the end of
// one that was killed. The end of the process comes a little later and says more, so it is waited for.
#include "supervisor/lambda_protocol.hpp"

#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "supervisor/debugged_time.hpp"

#include <utility>

namespace fn::run {
namespace {

// For calls without a limit: the API knows none of these.
constexpr std::chrono::hours for_ever{24 * 365};
constexpr std::chrono::milliseconds end_after_cut{100};
// docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the shutdown phase with external extensions.
constexpr std::chrono::milliseconds shutdown_phase{2000};

}  // namespace

LambdaProtocol::LambdaProtocol(const function::Assignment& assignment, const function::Blueprint& blueprint,
                               const sandbox::Plan& plan, sandbox::Sandbox& sandbox, sys::Fd socket, int output,
                               CallEvents& events)
    : assignment_(assignment), sandbox_(sandbox), events_(events) {
  lambda::ApiServer::Admit admit;
  if (socket) {
    peers_.emplace(sandbox_.init_pid(), socket.get());
    admit = [this](const sockaddr& peer) { return peers_->is_inside(peer); };
  } else if (auto listener = sandbox_.take_listener()) {
    socket = std::move(*listener);
  } else {
    return;
  }
  lambda::RuntimeApi::Config config;
  config.function.name = function::function_name_of(assignment);
  config.function.version = assignment.version;
  config.function.handler = blueprint.handler;
  config.external_extensions = blueprint.extensions;
  api_ = std::make_unique<lambda::ApiServer>(std::move(socket), std::move(config), static_cast<lambda::Events&>(*this),
                                             std::move(admit));
  extensions_.emplace(blueprint, plan, sandbox, output);
}

void LambdaProtocol::watch(sys::PollSet& set) const {
  if (!api_) return;
  set.add(api_->poll_fd());
  if (const auto timeout = api_->timeout()) set.until(std::chrono::steady_clock::now() + *timeout);
  for (const auto& [id, open] : open_)
    if (open.cut_counts_at) set.until(*open.cut_counts_at);
  extensions_->watch(set);
}

void LambdaProtocol::serve(const sys::PollSet& set) {
  if (!api_) return;
  api_->run_ready();
  const sys::SteadyTime now = std::chrono::steady_clock::now();
  std::vector<std::string> due;
  for (const auto& [id, open] : open_)
    if (open.cut_counts_at && *open.cut_counts_at <= now) due.push_back(id);
  for (const std::string& id : due) answer_cut_off(id);
  note_ended_extensions(set);
}

// An instance without one of its extensions is of no use. What it said of its failure itself is known by now.
void LambdaProtocol::note_ended_extensions(const sys::PollSet& set) {
  for (const ExtensionPrograms::Ended& ended : extensions_->take_ended(set)) {
    if (ending_) continue;
    events_.on_broken(call::Outcome{initialised_ ? call::Status::extension_error : call::Status::init_error,
                                    "Extension.Crash",
                                    fmt::format("extension '{}' ended: {}", printable(ended.name), ended.how),
                                    0,
                                    {}});
  }
  if (last_signal_ && !extensions_->any_running()) sandbox_.signal(*std::exchange(last_signal_, std::nullopt));
}

void LambdaProtocol::invoke(Call call) {
  if (!api_) return;  // the end of the sandbox is the answer
  lambda::Invocation invocation;
  invocation.id = call.id;
  invocation.event = std::move(call.event);
  invocation.content_type = call.request.content_type;
  invocation.timeout = call.timeout ? *call.timeout - call.spent : std::chrono::milliseconds(for_ever);
  // When it will be is not known while time stands still.
  if (assignment_.debugger) invocation.told_timeout = for_ever;
  invocation.function_arn = call.request.function_arn;
  invocation.trace_id = call.request.trace_id;
  invocation.client_context = call.request.client_context;
  invocation.cognito_identity = call.request.cognito_identity;
  invocation.tenant_id = call.request.tenant_id;
  // Several runtimes end without one.
  if (invocation.trace_id.empty()) invocation.trace_id = call::new_trace_id();
  if (invocation.function_arn.empty())
    invocation.function_arn =
        "arn:aws:lambda:us-east-1:012345678912:function:" + function::function_name_of(assignment_);
  Open& open = open_[call.id];
  open.since = std::chrono::steady_clock::now();
  open.timeout = call.timeout.value_or(std::chrono::milliseconds(0));
  try {
    api_->invoke(std::move(invocation));
  } catch (const Error&) {
    open_.erase(call.id);
    throw;
  }
}

call::Outcome LambdaProtocol::outcome_of(const call::ProcessEnd& end) const {
  call::Outcome outcome = call::outcome_of_runtime(end, {.memory = assignment_.settings.memory.value_or(0)});
  // Whatever code it left with: it was to ask for an event first.
  if (!initialised_ && outcome.status == call::Status::exited) outcome.status = call::Status::init_error;
  return outcome;
}

void LambdaProtocol::resume(std::chrono::steady_clock::duration paused) {
  if (api_) api_->postpone(paused);
  const sys::SteadyTime now = std::chrono::steady_clock::now();
  for (auto& [id, open] : open_) open.since = after_standstill(open.since, paused, now);
}

// The instance ends with its runtime, so that extensions that were told of the end go first.
void LambdaProtocol::signal(int number) {
  if (ending_ && extensions_ && extensions_->any_running())
    last_signal_ = number;
  else
    sandbox_.signal(number);
}

void LambdaProtocol::announce_end(std::chrono::milliseconds grace) {
  ending_ = true;
  if (api_) api_->shutdown(lambda::ShutdownReason::spindown, grace);
}

std::chrono::milliseconds LambdaProtocol::grace_of_extensions() const {
  return extensions_ && extensions_->any_running() ? shutdown_phase : std::chrono::milliseconds(0);
}

void LambdaProtocol::answer_cut_off(const std::string& id) {
  const auto found = open_.find(id);
  if (found == open_.end() || !found->second.cut_counts_at) return;
  found->second.cut_counts_at.reset();
  answer(id, call::Outcome(found->second.cut));
}

void LambdaProtocol::answer(const std::string& id, const call::Outcome& outcome) {
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.answered) return;
  found->second.answered = true;
  // Whatever it says of itself: a process of it was killed for the limit that all of them share.
  if (outcome.status != call::Status::timeout && sandbox_.oom_kills() > 0) {
    const call::Outcome killed = call::out_of_memory(memory_text(assignment_.settings.memory.value_or(0)));
    events_.on_result(id, killed, elapsed(id));
    return events_.on_broken(killed);
  }
  events_.on_result(id, outcome, elapsed(id));
}

std::chrono::microseconds LambdaProtocol::elapsed(const std::string& id) const {
  const auto found = open_.find(id);
  if (found == open_.end()) return {};
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - found->second.since);
}

void LambdaProtocol::init_done() {
  initialised_ = true;
  events_.on_ready();
}

void LambdaProtocol::init_error(const std::string& extension, const lambda::ErrorReport& report) {
  call::Outcome outcome = call::reported(report.type, report.body, report.said_type);
  outcome.status = call::Status::init_error;
  if (!extension.empty() && outcome.message.empty())
    outcome.message = fmt::format("extension '{}' failed to start", extension);
  events_.on_broken(std::move(outcome));
}

void LambdaProtocol::delivered(const std::string& id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  found->second.since = std::chrono::steady_clock::now();
  found->second.delivered = true;
}

bool LambdaProtocol::is_delivered(const std::string& id) const {
  const auto found = open_.find(id);
  return found != open_.end() && found->second.delivered;
}

void LambdaProtocol::response_started(const std::string& id, const lambda::ResponseHead& head) {
  events_.on_head(id, head.content_type, head.streaming);
}

void LambdaProtocol::response_chunk(const std::string& id, std::string_view bytes) {
  events_.on_chunk(id, bytes);
}

void LambdaProtocol::response_finished(const std::string& id) {
  answer(id, {});
}

void LambdaProtocol::function_error(const std::string& id, const lambda::ErrorReport& report) {
  const call::Outcome outcome = call::reported(report.type, report.body, report.said_type);
  const auto found = open_.find(id);
  if (report.type != lambda::truncated_response || found == open_.end()) return answer(id, outcome);
  found->second.cut_counts_at = std::chrono::steady_clock::now() + end_after_cut;
  found->second.cut = outcome;
}

void LambdaProtocol::timed_out(const std::string& id) {
  const auto found = open_.find(id);
  const std::chrono::milliseconds timeout = found == open_.end() ? std::chrono::milliseconds(0) : found->second.timeout;
  answer_cut_off(id);
  answer(id, call::timed_out(timeout));
  open_.erase(id);
  events_.on_broken(call::timed_out(timeout));
}

void LambdaProtocol::finished(const std::string& id) {
  answer_cut_off(id);
  open_.erase(id);
}

void LambdaProtocol::extension_error(const std::string& extension, const lambda::ErrorReport& report) {
  call::Outcome outcome = call::reported(report.type, report.body, report.said_type);
  outcome.status = call::Status::extension_error;
  if (outcome.message.empty()) outcome.message = fmt::format("extension '{}' failed", extension);
  events_.on_broken(std::move(outcome));
}

}  // namespace fn::run
