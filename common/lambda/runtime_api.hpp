// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lambda/extensions.hpp"
#include "lambda/protocol.hpp"
#include "lambda/routes.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fn::lambda {

// The Runtime API of one instance as a state machine: requests, invocations and the time go in; answers and events come
// out. It opens nothing and reads no clock (api_server.hpp does).
//
// An invocation is named by its id in every answer. An id that was never delivered, or whose deadline has passed, gets
// 400 InvalidRequestID, also from a runtime that is just late: the service forgets an id at its timeout, and 403 would
// tell the runtime that its own state is wrong. A second answer gets 403 InvalidStateTransition until the runtime asks
// for the next event, 400 afterwards.
class RuntimeApi {
 public:
  struct Config {
    FunctionInfo function;
    unsigned concurrency = 1;                      // AWS_LAMBDA_MAX_CONCURRENCY: invocations in flight
    std::vector<std::string> external_extensions;  // names of the programs that were started
    bool restore = false;                          // /restore/next and /restore/error are there (SnapStart)
    std::function<std::string()> make_id;          // UUIDs for extensions
  };

  // How to receive the body of a request.
  enum class Body { dropped, whole, chunks };
  struct Plan {
    Body body = Body::whole;
    Bytes limit = call::max_response;
  };

  RuntimeApi(Config config, Answers& answers, Events& events);

  // The head of a request has arrived. With `dropped` it was already answered.
  Plan head(const Request& request, Now now);
  void chunk(Call call, std::string_view bytes, Now now);
  // The request is complete; `body` is empty if it came in chunks.
  void complete(const Request& request, std::string_view body, const Lookup& trailer, Now now);
  // The body exceeds the limit of its plan. Answers 413.
  void over_limit(Call call, Now now);
  // The client is gone: in the middle of its request, or while it waited for the answer.
  void gone(Call call, Now now);
  void connection_closed(std::uint64_t connection);

  // Queues an event; the runtime gets it as soon as it asks for one. Throws usage if it exceeds max_event.
  void invoke(Invocation invocation, Now now);
  // Takes back an undelivered event; false if there is none with that id.
  bool withdraw(const std::string& id);
  std::size_t queued() const { return queue_.size(); }
  std::size_t in_flight() const { return invocations_.size(); }

  // Ends invocations whose deadline has passed. One that was answered in time gets a little longer.
  void tick(Now now);
  std::optional<std::chrono::steady_clock::time_point> next_deadline() const;
  // The function was paused for this long: deadlines of invocations in flight are extended by it.
  void postpone(std::chrono::steady_clock::duration pause);
  void restore(Now now);
  // Notifies the extensions that subscribed to it, and delivers nothing more.
  void shutdown(ShutdownReason reason, Now now, std::chrono::milliseconds allowance);

 private:
  enum class Runtime { started, init_error, restore_ready, restoring, restore_error, serving };
  enum class State { running, response, error, answered };
  struct InFlight {
    Invocation invocation;
    State state = State::running;
    std::chrono::steady_clock::time_point deadline;
    std::int64_t deadline_ms = 0;
    std::uint64_t connection = 0;
    Bytes streamed = 0;
    bool streaming = false;
    bool runtime_done = false;
    std::string content_type;
  };
  struct Waiting {
    Call call;
    std::uint64_t connection;
  };
  using Entry = std::map<std::string, InFlight, std::less<>>::iterator;

  Plan begin_answer(const Request& request, const MatchedRoute& matched, Now now);
  Plan begin_response(const Request& request, Entry entry, Now now);
  void complete_response(const Request& request, std::string_view body, const Lookup& trailer, Now now);
  void complete_error(const Request& request, std::string_view body, Now now);
  void next(const Request& request, Now now);
  bool redeliver(const Request& request);
  void runtime_init_error(const Request& request, std::string_view body);
  void restore_next(const Request& request);
  void restore_error(const Request& request, std::string_view body);
  void close_answer(const std::string& id, Now now);
  void fail_answer(const std::string& id, const ErrorReport& report, Now now);
  std::optional<std::string> open_answer(Call call, bool close);
  void advance(Now now);
  void check_init();
  void check_finished();
  void deliver(const Waiting& waiting, Invocation invocation, Now now);
  http::Response event_of(const InFlight& flight) const;
  std::string_view state_name() const;
  bool single() const { return config_.concurrency <= 1; }

  Config config_;
  Answers& answers_;
  Events& events_;
  Extensions extensions_;
  Runtime runtime_ = Runtime::started;
  bool init_done_ = false;
  bool failed_ = false;
  bool shutting_down_ = false;
  std::deque<Invocation> queue_;
  std::map<std::string, InFlight, std::less<>> invocations_;
  std::unordered_map<Call, std::string> answering_;  // posts whose head was accepted
  std::deque<Waiting> waiting_;                      // long polls of the runtime
  std::optional<Call> restore_call_;
};

}  // namespace fn::lambda
