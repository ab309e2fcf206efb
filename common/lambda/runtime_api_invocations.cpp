// SPDX-License-Identifier: Apache-2.0
// The life of one event, from invoke() to Events::finished():
//
//     queue_         waits for a runtime that asks for more, and for room
//     deliver        goes out with the answer to `next`; its deadline starts
//     begin_answer   the head of `response` or `error` is here: no second one is taken
//     complete_..    the body is here and the runtime is told 202
//     finished       the runtime asked for more, or may have several in flight, and all extensions are ready
//
// A request that carries an answer is known by its number in `answering_` until its body is complete. The invocation
// may be gone by then, because its deadline passed: that is looked up each time, and answered 400. tick() is called
// with each part of an answer, before that is looked at, so what comes after the deadline never counts. An invocation
// that is late or finished leaves the map before Events are told of it.
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "lambda/replies.hpp"
#include "lambda/runtime_api.hpp"

#include <algorithm>
#include <utility>

namespace fn::lambda {
namespace {

// A response that won the race against the deadline has won it: the runtime is given so long to ask for the next event
// before the instance is ended, however late the response came.
constexpr std::chrono::milliseconds time_after_answer{200};

std::string_view name_of(ShutdownReason reason) {
  switch (reason) {
    case ShutdownReason::spindown:
      return "spindown";
    case ShutdownReason::timeout:
      return "timeout";
    case ShutdownReason::failure:
      return "failure";
  }
  return {};
}

std::string header_of(const Request& request, std::string_view name) {
  return std::string(request.header(name).value_or(""));
}

// The X-Ray cause goes into traces: only JSON may get there.
std::string xray_cause_of(const Request& request) {
  const std::string cause = header_of(request, "Lambda-Runtime-Function-XRay-Error-Cause");
  if (cause.empty()) return {};
  try {
    return Json::parse(cause, "cause", Kind::usage).dump();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

void RuntimeApi::invoke(Invocation invocation, Now now) {
  if (invocation.event.size() > call::max_event)
    fail_hint(Kind::usage, "send a reference to the data instead", "the event has {} bytes, limit {}",
              invocation.event.size(), call::max_event);
  if (invocations_.find(invocation.id) != invocations_.end())
    fail(Kind::internal, "duplicate request id '{}'", printable(invocation.id));
  queue_.push_back(std::move(invocation));
  advance(now);
}

bool RuntimeApi::withdraw(const std::string& id) {
  return std::erase_if(queue_, [&](const Invocation& one) { return one.id == id; }) > 0;
}

// Everything that may have become possible: called after each change.
void RuntimeApi::advance(Now now) {
  check_finished();
  check_init();
  while (init_done_ && !failed_ && !shutting_down_ && !queue_.empty() && !waiting_.empty()) {
    const bool room =
        single() ? invocations_.empty() && extensions_.all_ready() : invocations_.size() < config_.concurrency;
    if (!room) return;
    const Waiting waiting = waiting_.front();
    waiting_.pop_front();
    Invocation invocation = std::move(queue_.front());
    queue_.pop_front();
    deliver(waiting, std::move(invocation), now);
  }
}

void RuntimeApi::check_init() {
  if (init_done_ || failed_ || runtime_ != Runtime::serving || waiting_.empty() || !extensions_.all_ready()) return;
  init_done_ = true;
  events_.init_done();
}

void RuntimeApi::check_finished() {
  if (invocations_.empty() || !extensions_.all_ready()) return;
  std::vector<std::string> done;
  std::erase_if(invocations_, [&](const auto& item) {
    if (!item.second.runtime_done) return false;
    done.push_back(item.first);
    return true;
  });
  for (const std::string& id : done) events_.finished(id);
}

void RuntimeApi::deliver(const Waiting& waiting, Invocation invocation, Now now) {
  InFlight flight;
  flight.deadline = now.steady + invocation.timeout;
  flight.deadline_ms = now.epoch_ms + invocation.told_timeout.value_or(invocation.timeout).count();
  flight.connection = waiting.connection;
  flight.invocation = std::move(invocation);
  const std::string id = flight.invocation.id;
  const auto [entry, fresh] = invocations_.emplace(id, std::move(flight));
  if (!fresh) fail(Kind::internal, "duplicate request id '{}'", printable(id));
  const InFlight& kept = entry->second;
  answers_.answer(waiting.call, event_of(kept));
  if (single()) {
    Json event = Json::object();
    event.set("eventType", "INVOKE").set("deadlineMs", kept.deadline_ms).set("requestId", id);
    event.set("invokedFunctionArn", kept.invocation.function_arn);
    if (!kept.invocation.trace_id.empty())
      event.set("tracing", Json::object().set("type", "X-Amzn-Trace-Id").set("value", kept.invocation.trace_id));
    extensions_.invoke(event.dump());
  }
  events_.delivered(id);
}

http::Response RuntimeApi::event_of(const InFlight& flight) const {
  const Invocation& invocation = flight.invocation;
  http::Response response;
  response.headers.reserve(8);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) response.headers.push_back({name, value});
  };
  add("Content-Type", invocation.content_type);
  add("Lambda-Runtime-Aws-Request-Id", invocation.id);
  add("Lambda-Runtime-Deadline-Ms", std::to_string(flight.deadline_ms));
  add("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn);
  add("Lambda-Runtime-Trace-Id", invocation.trace_id);
  add("Lambda-Runtime-Client-Context", invocation.client_context);
  add("Lambda-Runtime-Cognito-Identity", invocation.cognito_identity);
  add("Lambda-Runtime-Aws-Tenant-Id", invocation.tenant_id);
  response.body = invocation.event;
  return response;
}

RuntimeApi::Plan RuntimeApi::begin_answer(const Request& request, const MatchedRoute& matched, Now now) {
  tick(now);
  const auto entry = invocations_.find(matched.id);
  if (entry == invocations_.end()) {
    answers_.answer(request.call, invalid_request_id());
    return {Body::dropped, 0};
  }
  const bool response = matched.route == Route::response;
  if (entry->second.state != State::running) {
    answers_.answer(request.call,
                    invalid_transition(state_name(), response ? "InvocationResponse" : "InvocationErrorResponse"));
    return {Body::dropped, 0};
  }
  entry->second.state = response ? State::response : State::error;
  answering_.emplace(request.call, entry->first);
  return response ? begin_response(request, entry, now) : Plan{};
}

RuntimeApi::Plan RuntimeApi::begin_response(const Request& request, Entry entry, Now now) {
  const auto mode = request.header("Lambda-Runtime-Function-Response-Mode");
  entry->second.content_type = header_of(request, "Content-Type");
  if (!mode || mode->empty()) return {};
  const std::string id = entry->first;
  if (*mode != "streaming") {
    answering_.erase(request.call);
    answers_.answer(request.call, invalid_response_mode());
    fail_answer(id, {"Runtime.InvalidResponseModeHeader", "", "", ""}, now);
    return {Body::dropped, 0};
  }
  entry->second.streaming = true;
  events_.response_started(id, {entry->second.content_type, true});
  return {Body::chunks, call::max_streamed_response};
}

std::optional<std::string> RuntimeApi::open_answer(Call call, bool close) {
  const auto found = answering_.find(call);
  if (found == answering_.end()) return {};
  std::string id = found->second;
  if (close) answering_.erase(found);
  if (invocations_.find(id) == invocations_.end()) return {};
  return id;
}

void RuntimeApi::chunk(Call call, std::string_view bytes, Now now) {
  tick(now);
  if (const auto id = open_answer(call, false)) events_.response_chunk(*id, bytes);
}

void RuntimeApi::complete_response(const Request& request, std::string_view body, const Lookup& trailer, Now now) {
  tick(now);
  const auto id = open_answer(request.call, true);
  if (!id) return answers_.answer(request.call, invalid_request_id());
  const InFlight& flight = invocations_.find(*id)->second;
  const auto type = trailer("Lambda-Runtime-Function-Error-Type");
  if (flight.streaming && type && !type->empty()) {
    const std::string text(trailer("Lambda-Runtime-Function-Error-Body").value_or(""));
    answers_.answer(request.call, accepted());
    return fail_answer(*id, {valid_error_type(*type), unbase64(text).value_or(text), {}, std::string(*type)}, now);
  }
  if (!flight.streaming) {
    events_.response_started(*id, {flight.content_type, false});
    if (!body.empty()) events_.response_chunk(*id, body);
  }
  answers_.answer(request.call, accepted());
  events_.response_finished(*id);
  close_answer(*id, now);
}

void RuntimeApi::complete_error(const Request& request, std::string_view body, Now now) {
  tick(now);
  const auto id = open_answer(request.call, true);
  if (!id) return answers_.answer(request.call, invalid_request_id());
  const std::string type = header_of(request, "Lambda-Runtime-Function-Error-Type");
  answers_.answer(request.call, accepted());
  fail_answer(*id, {valid_error_type(type), std::string(body), xray_cause_of(request), type}, now);
}

void RuntimeApi::fail_answer(const std::string& id, const ErrorReport& report, Now now) {
  events_.function_error(id, report);
  close_answer(id, now);
}

void RuntimeApi::close_answer(const std::string& id, Now now) {
  const auto entry = invocations_.find(id);
  if (entry == invocations_.end()) return;
  entry->second.state = State::answered;
  entry->second.deadline = std::max(entry->second.deadline, now.steady + time_after_answer);
  // With several in flight nothing says which of them a `next` follows: the answer is the end.
  if (!single()) entry->second.runtime_done = true;
  advance(now);
}

void RuntimeApi::tick(Now now) {
  std::vector<std::string> late;
  std::erase_if(invocations_, [&](const auto& item) {
    if (now.steady < item.second.deadline) return false;
    late.push_back(item.first);
    return true;
  });
  for (const std::string& id : late) events_.timed_out(id);
}

std::optional<std::chrono::steady_clock::time_point> RuntimeApi::next_deadline() const {
  std::optional<std::chrono::steady_clock::time_point> first;
  for (const auto& [id, flight] : invocations_)
    if (!first || flight.deadline < *first) first = flight.deadline;
  return first;
}

void RuntimeApi::shutdown(ShutdownReason reason, Now now, std::chrono::milliseconds allowance) {
  shutting_down_ = true;
  Json event = Json::object();
  event.set("eventType", "SHUTDOWN").set("deadlineMs", now.epoch_ms + allowance.count());
  event.set("shutdownReason", name_of(reason));
  extensions_.shutdown(event.dump());
}

}  // namespace fn::lambda
