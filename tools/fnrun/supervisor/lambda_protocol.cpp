// SPDX-License-Identifier: Apache-2.0
#include "lambda_protocol.hpp"

#include "call_end.hpp"

#include <sys/wait.h>

namespace fn::run {
namespace {

// For calls without a limit: the API knows none of these.
constexpr std::chrono::hours for_ever{24 * 365};

}  // namespace

LambdaProtocol::LambdaProtocol(const Assignment& assignment, const Blueprint& blueprint, sandbox::Sandbox& sandbox,
                               CallEvents& events)
    : assignment_(assignment), sandbox_(sandbox), events_(events) {
  auto listener = sandbox_.take_listener();
  if (!listener) return;
  lambda::RuntimeApi::Config config;
  config.function.name = function_name_of(assignment);
  config.function.version = assignment.version;
  config.function.handler = blueprint.handler;
  api_ =
      std::make_unique<lambda::ApiServer>(std::move(*listener), std::move(config), static_cast<lambda::Events&>(*this));
}

void LambdaProtocol::watch(PollSet& set) const {
  if (!api_) return;
  set.add(api_->poll_fd());
  if (const auto timeout = api_->timeout()) set.until(std::chrono::steady_clock::now() + *timeout);
}

void LambdaProtocol::serve(const PollSet&) {
  if (api_) api_->run_ready();
}

void LambdaProtocol::invoke(Call call) {
  if (!api_) return;  // the end of the sandbox is the answer
  lambda::Invocation invocation;
  invocation.id = call.id;
  invocation.event = std::move(call.event);
  invocation.content_type = call.request.content_type;
  invocation.timeout = call.timeout.value_or(for_ever);
  invocation.function_arn = call.request.function_arn;
  invocation.trace_id = call.request.trace_id;
  invocation.client_context = call.request.client_context;
  invocation.cognito_identity = call.request.cognito_identity;
  invocation.tenant_id = call.request.tenant_id;
  if (invocation.function_arn.empty())
    invocation.function_arn = "arn:aws:lambda:us-east-1:012345678912:function:" + function_name_of(assignment_);
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

lambda::Outcome LambdaProtocol::outcome_of(const sandbox::End& end, bool out_of_memory) const {
  const bool has_status = end.how == sandbox::End::How::command_ended;
  lambda::Outcome outcome = outcome_of_runtime({.status = has_status ? end.record.status : SIGKILL,
                                                .out_of_memory = out_of_memory,
                                                .memory_limit = assignment_.settings.memory.value_or(0)});
  // Whatever code it left with: it was to ask for an event first.
  if (!initialised_ && outcome.status == lambda::Status::exited) outcome.status = lambda::Status::init_error;
  return outcome;
}

void LambdaProtocol::resume(std::chrono::steady_clock::duration paused) {
  if (api_) api_->postpone(paused);
  for (auto& [id, open] : open_) open.since += paused;
}

void LambdaProtocol::announce_end(std::chrono::milliseconds grace) {
  if (api_) api_->shutdown(lambda::ShutdownReason::spindown, grace);
}

void LambdaProtocol::answer(const std::string& id, const lambda::Outcome& outcome) {
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.answered) return;
  found->second.answered = true;
  events_.on_result(
      id, outcome,
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - found->second.since));
}

void LambdaProtocol::init_done() {
  initialised_ = true;
  events_.on_ready();
}

void LambdaProtocol::init_error(const std::string& extension, const lambda::ErrorReport& report) {
  lambda::Outcome outcome = lambda::reported(report.type, report.body);
  outcome.status = lambda::Status::init_error;
  if (!extension.empty() && outcome.message.empty())
    outcome.message = fmt::format("extension '{}' failed to start", extension);
  events_.on_broken(std::move(outcome));
}

void LambdaProtocol::delivered(const std::string& id) {
  if (const auto found = open_.find(id); found != open_.end()) found->second.since = std::chrono::steady_clock::now();
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
  answer(id, lambda::reported(report.type, report.body));
}

void LambdaProtocol::timed_out(const std::string& id) {
  const auto found = open_.find(id);
  const std::chrono::milliseconds timeout = found == open_.end() ? std::chrono::milliseconds(0) : found->second.timeout;
  answer(id, lambda::timed_out(timeout));
  open_.erase(id);
  events_.on_broken(lambda::timed_out(timeout));
}

void LambdaProtocol::finished(const std::string& id) {
  open_.erase(id);
}

void LambdaProtocol::extension_error(const std::string& extension, const lambda::ErrorReport& report) {
  lambda::Outcome outcome = lambda::reported(report.type, report.body);
  outcome.status = lambda::Status::extension_error;
  if (outcome.message.empty()) outcome.message = fmt::format("extension '{}' failed", extension);
  events_.on_broken(std::move(outcome));
}

}  // namespace fn::run
