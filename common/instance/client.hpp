// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/request.hpp"
#include "instance/frame.hpp"
#include "instance/record.hpp"
#include "sys/fd.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace fn::instance {

struct Command {
  std::vector<std::string> words;
  std::vector<std::string> environment{};  // NAME=value, beside the function's own
  std::string working_dir{};               // "": the function's
};

// How many instances a call is offered to, if each ends, is paused or is taken by another caller before it sees the
// call.
inline constexpr int max_offers = 4;

// An error of Client::invoke after which another instance may take the call: the function never saw the event.
bool is_unseen(const Error& error);

// A connection to the supervisor of an instance, for one request at a time. Blocks. All functions throw the instance's
// own errors, not_found if it is gone, and sys::Interrupted.
class Client {
 public:
  // `dir` is the instance's (RunningInstance::dir) and stays open as long as this object.
  explicit Client(int dir);

  // The result of the call. Throws if it could not be made: usage (not JSON, too large), busy (paused), not_found (the
  // function never saw the event), failure (the instance ended, and it may have).
  call::Result invoke(const call::Request& request, std::string_view event, const call::Receiver& receiver);
  // Returns when the function takes calls. What prevents that is returned as a call::Result, as by invoke.
  call::Result wait_ready(const call::Receiver& receiver);

  // Throws timeout after `patience`: the supervisor may be stopped (SIGSTOP).
  Record status(std::chrono::milliseconds patience = std::chrono::seconds(5));
  void pause();
  void resume();
  // SIGTERM to the function, SIGKILL to all after `grace`. Returns when everything is gone.
  void stop(std::chrono::milliseconds grace);

  // Starts a command in the instance. `fds` become its streams; with `terminal` they are the slave side of a
  // pseudo-terminal. exited() then returns its end; fd() becomes readable when that may be available.
  void exec(const Command& command, const std::array<int, 3>& fds, bool terminal);
  void signal(int number);
  int fd() const { return socket_.get(); }
  // The wait status; reads once what is available.
  std::optional<int> exited();

 private:
  std::optional<Frame> receive_within(std::chrono::milliseconds patience);
  Frame receive_from_alive();
  Json simple(Type type, const Json& request, std::chrono::milliseconds patience);
  call::Result receive_result(const call::Receiver& receiver);

  int dir_;
  bool in_call_ = false;
  sys::Fd socket_;
  FrameReader reader_;
};

}  // namespace fn::instance
