// SPDX-License-Identifier: Apache-2.0
// The states of a function's runtime, as the Runtime API moves it through them: at first it initialises; `next` makes
// it ready; an event is delivered with the answer to `next`; `response` or `error` answers it; the `next` after that
// ends the invocation. Extensions (extensions.cpp) go through states of their own beside it, and an invocation is
// finished when they all asked for more, too. Events that come before someone asks wait in a queue
// (runtime_api_invocations.cpp).
//
// Everything comes in from outside: requests by number, chunks of bodies, and the time. Everything goes out by Answers
// and Events. So a test plays a whole story without a socket or a clock. What a runtime sends at a moment at which it
// may not is answered 403 and changes no state; an id that is not the current one is answered 400.
#include "lambda/runtime_api.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "call/outcome.hpp"
#include "lambda/replies.hpp"

#include <algorithm>
#include <utility>

namespace fn::lambda {
namespace {

constexpr Bytes small_body = 64 * KiB;  // of what is only read as JSON or not at all

}  // namespace

RuntimeApi::RuntimeApi(Config config, Answers& answers, Events& events)
    : config_(std::move(config)),
      answers_(answers),
      events_(events),
      extensions_(config_.external_extensions, config_.concurrency <= 1, config_.make_id, answers) {}

RuntimeApi::Plan RuntimeApi::head(const Request& request, Now now) {
  const MatchedRoute matched = route_of(request.method, request.path);
  switch (matched.route) {
    case Route::unknown:
      answers_.answer(request.call, plain(404, "404 page not found\n"));
      return {Body::dropped, 0};
    case Route::wrong_method:
      answers_.answer(request.call, plain(405, ""));
      return {Body::dropped, 0};
    case Route::response:
    case Route::error:
      return begin_answer(request, matched, now);
    case Route::init_error:
    case Route::restore_error:
      return {};
    default:
      return {Body::whole, small_body};
  }
}

void RuntimeApi::complete(const Request& request, std::string_view body, const Lookup& trailer, Now now) {
  switch (route_of(request.method, request.path).route) {
    case Route::next:
      return next(request, now);
    case Route::response:
      return complete_response(request, body, trailer, now);
    case Route::error:
      return complete_error(request, body, now);
    case Route::init_error:
      return runtime_init_error(request, body);
    case Route::restore_next:
      return restore_next(request);
    case Route::restore_error:
      return restore_error(request, body);
    case Route::ping:
      return answers_.answer(request.call, plain(200, "pong"));
    case Route::extension_register:
      return extensions_.enroll(request, body, config_.function);
    case Route::extension_next:
      extensions_.next(request);
      return advance(now);
    case Route::extension_init_error:
      if (const auto failure = extensions_.init_error(request, body)) {
        failed_ = true;
        events_.init_error(failure->extension, failure->report);
      }
      return;
    case Route::extension_exit_error:
      if (const auto failure = extensions_.exit_error(request, body)) {
        const bool early = !init_done_;
        failed_ = failed_ || early;
        if (early) {
          events_.init_error(failure->extension, failure->report);
        } else {
          events_.extension_error(failure->extension, failure->report);
        }
        advance(now);
      }
      return;
    // As RIE does without a subscriber: accepted, with a body that says it is not there.
    case Route::logs: {
      http::Response answer = forbidden("Logs.NotSupported", "Logs API is not supported");
      answer.status = 202;
      return answers_.answer(request.call, std::move(answer));
    }
    case Route::telemetry: {
      http::Response answer = forbidden("Telemetry.NotSupported", "Telemetry API is not supported");
      answer.status = 202;
      return answers_.answer(request.call, std::move(answer));
    }
    case Route::unknown:
    case Route::wrong_method:
      return;
  }
}

void RuntimeApi::over_limit(Call call, Now now) {
  const auto id = open_answer(call, true);
  answers_.answer(call, too_large());
  if (!id) return;
  constexpr std::string_view type = "Function.ResponseSizeTooLarge";
  const std::string message =
      fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", call::max_response);
  fail_answer(*id, {std::string(type), call::error_json(type, message), {}, {}}, now);
}

void RuntimeApi::gone(Call call, Now now) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.call == call; });
  if (restore_call_ == call) restore_call_.reset();
  extensions_.gone(call);
  const auto id = open_answer(call, true);
  if (!id) return;
  const std::string body = call::error_json(truncated_response, "the runtime's response was cut off");
  fail_answer(*id, {std::string(truncated_response), body, {}, {}}, now);
}

void RuntimeApi::connection_closed(std::uint64_t connection) {
  std::vector<std::string> lost;
  for (const auto& [id, flight] : invocations_)
    if (flight.connection == connection && flight.state == State::running) lost.push_back(id);
  for (const std::string& id : lost) events_.runtime_gone(id);
}

std::string_view RuntimeApi::state_name() const {
  switch (runtime_) {
    case Runtime::started:
      return "Started";
    case Runtime::init_error:
      return "InitError";
    case Runtime::restore_ready:
      return "RestoreReady";
    case Runtime::restoring:
      return "Restoring";
    case Runtime::restore_error:
      return "RuntimeRestoreErrorState";
    case Runtime::serving:
      break;
  }
  if (!single() || invocations_.empty()) return "Ready";
  switch (invocations_.begin()->second.state) {
    case State::running:
      return "Running";
    case State::response:
      return "InvocationResponse";
    case State::error:
      return "InvocationErrorResponse";
    case State::answered:
      break;
  }
  return "RuntimeResponseSentState";
}

void RuntimeApi::next(const Request& request, Now now) {
  tick(now);
  const bool broken =
      runtime_ == Runtime::init_error || runtime_ == Runtime::restore_ready || runtime_ == Runtime::restore_error;
  if (broken) return answers_.answer(request.call, invalid_transition(state_name(), "Ready"));
  runtime_ = Runtime::serving;
  extensions_.close_registration();
  if (single()) {
    if (redeliver(request)) return;
    if (!waiting_.empty()) {
      // The first call's connection is lost, or its client has given up waiting and asks again.
      answers_.answer(waiting_.front().call, invalid_transition(state_name(), "Ready"));
      waiting_.clear();
    }
  } else if (waiting_.size() + invocations_.size() >= config_.concurrency) {
    return answers_.answer(request.call, invalid_transition(state_name(), "Ready"));
  }
  waiting_.push_back({request.call, request.connection});
  advance(now);
}

// A runtime that asks again without having answered gets the same event again, as from RIE; while it is answering, it
// gets 403.
bool RuntimeApi::redeliver(const Request& request) {
  if (invocations_.empty()) return false;
  InFlight& flight = invocations_.begin()->second;
  if (flight.state == State::answered) {
    flight.runtime_done = true;
    return false;
  }
  if (flight.state == State::running) {
    flight.connection = request.connection;
    answers_.answer(request.call, event_of(flight));
  } else {
    answers_.answer(request.call, invalid_transition(state_name(), "Ready"));
  }
  return true;
}

void RuntimeApi::runtime_init_error(const Request& request, std::string_view body) {
  if (runtime_ == Runtime::restoring) return restore_error(request, body);
  if (runtime_ != Runtime::started) return answers_.answer(request.call, invalid_transition(state_name(), "InitError"));
  runtime_ = Runtime::init_error;
  failed_ = true;
  const std::string type(request.header("Lambda-Runtime-Function-Error-Type").value_or(""));
  answers_.answer(request.call, accepted());
  events_.init_error("", {valid_error_type(type), std::string(body), {}, type});
}

void RuntimeApi::restore_next(const Request& request) {
  if (!config_.restore || runtime_ != Runtime::started)
    return answers_.answer(request.call, invalid_transition(state_name(), "RestoreReady"));
  runtime_ = Runtime::restore_ready;
  restore_call_ = request.call;
  events_.restore_ready();
}

void RuntimeApi::restore_error(const Request& request, std::string_view body) {
  if (!config_.restore || runtime_ != Runtime::restoring)
    return answers_.answer(request.call, invalid_transition(state_name(), "RuntimeRestoreErrorState"));
  runtime_ = Runtime::restore_error;
  failed_ = true;
  const std::string type(request.header("Lambda-Runtime-Function-Error-Type").value_or(""));
  answers_.answer(request.call, accepted());
  events_.init_error("", {valid_error_type(type), std::string(body), {}, type});
}

void RuntimeApi::postpone(std::chrono::steady_clock::duration pause) {
  for (auto& [id, flight] : invocations_) flight.deadline += pause;
}

void RuntimeApi::restore(Now now) {
  if (runtime_ != Runtime::restore_ready) return;
  runtime_ = Runtime::restoring;
  if (restore_call_) answers_.answer(*std::exchange(restore_call_, std::nullopt), plain(200, ""));
  advance(now);
}

}  // namespace fn::lambda
