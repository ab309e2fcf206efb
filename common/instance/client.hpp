// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/call.hpp"
#include "instance/frame.hpp"
#include "instance/record.hpp"
#include "sys/fd.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::instance {

// What comes of a call while it runs. Any may be empty.
struct Receiver {
  std::function<void(const std::string& content_type, bool streaming)> head;  // a response begins
  std::function<void(std::string_view)> chunk;                                // bytes of it
  std::function<void(std::string_view)> log;  // what the function wrote to its stdout and stderr meanwhile
};

struct Command {
  std::vector<std::string> words;
  std::vector<std::string> environment{};  // NAME=value, beside the function's own
  std::string working_dir{};               // "": the function's
};

// A connection to the supervisor of an instance, for one request after another. Blocks. All throw the instance's own
// errors, not_found if it is gone, and sys::Interrupted.
class Client {
 public:
  // `folder` is the instance's (Living::dir).
  explicit Client(int folder);

  // How the call went; an Error if it could not be made: usage (no JSON, too large), busy (paused).
  CallResult invoke(const CallRequest& request, std::string_view event, const Receiver& receiver);
  // Returns when the function takes calls. What is in the way of that is told as CallResult, as by invoke.
  CallResult wait_ready(const Receiver& receiver);

  // Throws timeout after `patience`, if that is not 0: of a supervisor that was stopped.
  Record status(std::chrono::milliseconds patience = std::chrono::milliseconds(0));
  void pause();
  void resume();
  // SIGTERM to the function, SIGKILL to all after `grace`. Returns when all is gone.
  void stop(std::chrono::milliseconds grace);

  // Starts a command in the instance. `fds` become its streams; with `terminal` they are the slave side of a
  // pseudo-terminal. Then exited() has its end; fd() is readable when it may have.
  void exec(const Command& command, const std::array<int, 3>& fds, bool terminal);
  void signal(int number);
  int fd() const { return socket_.get(); }
  // The wait status, reading once what is there.
  std::optional<int> exited();

 private:
  Frame receive(std::chrono::milliseconds patience = std::chrono::milliseconds(0));
  Json simple(Type type, const Json& request, std::chrono::milliseconds patience = std::chrono::milliseconds(0));
  CallResult receive_result(const Receiver& receiver);

  sys::Fd socket_;
  FrameReader reader_;
};

}  // namespace fn::instance
