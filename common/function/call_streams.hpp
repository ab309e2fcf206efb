// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sys/fd.hpp"

#include <array>
#include <string>
#include <string_view>

namespace fn::function {

// The streams of one call by the protocol exec: the event on stdin, the response from stdout, the log from stderr.
class CallStreams {
 public:
  enum class ReadResult { nothing, some, end };

  // `event` is read from its current offset. A response of more than `max_response` bytes is_too_large().
  CallStreams(sys::Fd event, Bytes max_response);

  // For the program's fds 0 to 2.
  std::array<int, 3> inside() const { return {event_.get(), response_.write.get(), log_.write.get()}; }
  // To be called once the program has them.
  void close_inside();

  // -1 after their end.
  int response_fd() const { return response_.read.get(); }
  int log_fd() const { return log_.read.get(); }
  // Reads what is available, without waiting. `bytes` is replaced.
  ReadResult read_response(std::string& bytes);
  ReadResult read_log(std::string& bytes) { return read(log_.read, bytes); }
  bool is_too_large() const { return size_ > max_response_; }
  // Bytes of the response so far.
  Bytes size() const { return size_; }

 private:
  static ReadResult read(sys::Fd& fd, std::string& bytes);

  sys::Fd event_;
  Bytes max_response_;
  sys::Pipe response_;
  sys::Pipe log_;
  Bytes size_ = 0;
};

// For a program that has nothing to read: a pipe that nobody writes to. /dev/null would be a node of the host.
sys::Fd make_empty_input();

// A pipe whose reading end does not block.
sys::Pipe make_output_pipe();

}  // namespace fn::function
