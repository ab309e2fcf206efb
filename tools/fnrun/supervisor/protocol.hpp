// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/call.hpp"
#include "lambda/outcome.hpp"
#include "poll_set.hpp"
#include "sandbox/sandbox.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace fn::run {

// A call on its way to the function.
struct Call {
  std::string id;
  instance::CallRequest request;
  std::string event;
  std::optional<std::chrono::milliseconds> timeout;
};

// Why an instance takes no more calls: the function's fault, or trouble that is told as an error.
using Reason = std::variant<lambda::Outcome, Error>;

// What a protocol tells of its calls. For each: perhaps a head, chunks of the response and of the log, at last a
// result.
class CallEvents {
 public:
  virtual ~CallEvents() = default;
  // Calls are taken from now on.
  virtual void on_ready() = 0;
  virtual void on_head(const std::string& id, const std::string& content_type, bool streaming) = 0;
  virtual void on_chunk(const std::string& id, std::string_view bytes) = 0;
  virtual void on_log(const std::string& id, std::string_view bytes) = 0;
  virtual void on_result(const std::string& id, const lambda::Outcome& outcome, std::chrono::microseconds duration) = 0;
  // The instance is of no use any more; calls without a result get this as theirs.
  virtual void on_broken(Reason reason) = 0;
};

// How events get into the function of an instance and responses out.
class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual void watch(PollSet& set) const = 0;
  virtual void serve(const PollSet& set) = 0;
  // Throws usage for an event that can't be sent.
  virtual void invoke(Call call) = 0;
  // What the death of the sandbox means.
  virtual lambda::Outcome outcome_of(const sandbox::End& end, bool out_of_memory) const = 0;
  // Nothing runs until resume(), which tells how long that was; deadlines come as much later.
  virtual void resume(std::chrono::steady_clock::duration paused) = 0;
  // To the function, wherever it is.
  virtual void signal(int number) = 0;
  // The function is about to be ended.
  virtual void announce_end(std::chrono::milliseconds grace) = 0;
  // Its process as we see it; 0: there is none now.
  virtual pid_t command_pid() const = 0;
};

}  // namespace fn::run
