// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lambda/protocol.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::lambda {

// The function's names, for `register` and the headers of `next`.
struct FunctionInfo {
  std::string name = "test_function";
  std::string version = "$LATEST";
  std::string handler;
  std::string account_id;
};

// The extensions of one instance. External ones are programs in /opt/extensions that the owner started; their names are
// known before they register, and nothing is delivered until each of them has asked for work. All others are threads of
// the runtime.
class Extensions {
 public:
  struct Failure {
    std::string extension;
    ErrorReport report;
  };

  // `make_id` gives UUIDs. With `invoke_events` false, as with several invocations in flight, only SHUTDOWN can be
  // subscribed to.
  Extensions(const std::vector<std::string>& external, bool invoke_events, std::function<std::string()> make_id,
             Answers& answers);

  void enroll(const Request& request, std::string_view body, const FunctionInfo& function);
  void next(const Request& request);
  // Both answer the request, and return an accepted report.
  std::optional<Failure> init_error(const Request& request, std::string_view body);
  std::optional<Failure> exit_error(const Request& request, std::string_view body);
  void gone(Call call);

  // The runtime asked for work: its threads can no longer register.
  void close_registration() { registration_closed_ = true; }
  // Every extension has asked for an event, and fetched all its events.
  bool all_ready() const;
  // Sends INVOKE, in JSON, to those that subscribed to it.
  void invoke(const std::string& event);
  void shutdown(const std::string& event);

 private:
  enum class State { started, registered, ready, running, init_error, exit_error };
  struct Extension {
    std::string name;
    std::string id;
    bool external = false;
    bool wants_invoke = false;
    bool wants_shutdown = false;
    State state = State::started;
    std::optional<Call> waiting;
    std::deque<std::string> events;
  };

  static std::string_view name_of(State state);
  Extension* find(const Request& request);
  bool read_events(const Request& request, std::string_view body, bool external, Extension& result);
  std::optional<Failure> report(const Request& request, std::string_view body, State becomes);
  void send(Extension& extension, const std::string& event);

  std::vector<Extension> all_;
  bool invoke_events_;
  bool registration_closed_ = false;
  std::function<std::string()> make_id_;
  Answers& answers_;
};

}  // namespace fn::lambda
