// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/process_end.hpp"
#include "call/request.hpp"
#include "sandbox/sandbox.hpp"
#include "sys/poll_set.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace fn::run {

// A call on its way to the function.
struct Call {
  std::string id;
  call::Request request;
  std::string event;
  std::optional<std::chrono::milliseconds> timeout;
  std::chrono::milliseconds spent{0};  // of that, before the function could have the event
};

// Why an instance takes no more calls: a failure of the function, or an error of ours.
using Reason = std::variant<call::Outcome, Error>;

// Events of a protocol's calls. For each call: perhaps a head, chunks of the response and of the log, finally a result.
class CallEvents {
 public:
  virtual ~CallEvents() = default;
  // Calls are taken from now on.
  virtual void on_ready() = 0;
  virtual void on_head(const std::string& id, const std::string& content_type, bool streaming) = 0;
  virtual void on_chunk(const std::string& id, std::string_view bytes) = 0;
  virtual void on_log(const std::string& id, std::string_view bytes) = 0;
  virtual void on_result(const std::string& id, const call::Outcome& outcome, std::chrono::microseconds duration) = 0;
  // The instance is unusable; calls without a result get this as their result.
  virtual void on_broken(Reason reason) = 0;
};

// Delivers events to the function of an instance and receives its responses.
class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual void watch(sys::PollSet& set) const = 0;
  virtual void serve(const sys::PollSet& set) = 0;
  // Throws usage for an event that can't be sent.
  virtual void invoke(Call call) = 0;
  // The function has the event of the call, or had it. Another instance may take a call that was never delivered.
  virtual bool is_delivered(const std::string& id) const = 0;
  // Nobody has anything to do until the next call: the function is ready for it, and all extensions are.
  virtual bool is_at_rest() const = 0;
  // How long the function has had the event of a call that has no result; of one that it never had, how long that
  // waited. 0: there is no such call.
  virtual std::chrono::microseconds elapsed(const std::string& id) const = 0;
  // What the end of the sandbox means for its calls.
  virtual call::Outcome outcome_of(const call::ProcessEnd& end) const = 0;
  // Nothing runs until resume(), which gets the duration of the pause; deadlines are extended by it.
  virtual void resume(std::chrono::steady_clock::duration paused) = 0;
  // Sends a signal to the function.
  virtual void signal(int number) = 0;
  // The function is about to be stopped.
  virtual void announce_end(std::chrono::milliseconds grace) = 0;
  // How long what runs beside the function has after its last call, if nobody says how long.
  virtual std::chrono::milliseconds grace_of_extensions() const { return std::chrono::milliseconds(0); }
  // Its process in our pid namespace; 0: none now.
  virtual pid_t command_pid() const = 0;
};

}  // namespace fn::run
