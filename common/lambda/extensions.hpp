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

// What the function is called, for `register` and the headers of `next`.
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

  // `make_id` gives UUIDs. With `invoke_events` false, as with several invocations in flight, only SHUTDOWN can be had.
  Extensions(const std::vector<std::string>& external, bool invoke_events, std::function<std::string()> make_id,
             Answers& answers);

  void enroll(const Request& request, std::string_view body, const FunctionInfo& function);
  void next(const Request& request);
  // Both answer; an accepted report comes back.
  std::optional<Failure> init_error(const Request& request, std::string_view body);
  std::optional<Failure> exit_error(const Request& request, std::string_view body);
  void gone(Call call);

  // The runtime asked for work: threads of it can't register any more.
  void close_registration() { registration_closed_ = true; }
  // Each one asked for an event, and has none that it hasn't fetched.
  bool all_ready() const;
  // Sends INVOKE, JSON, to those that want it.
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
