// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sys/fd.hpp"

#include <array>
#include <string>
#include <string_view>

namespace fn::run {

// The streams of one call by the protocol exec: the event on stdin, the response from stdout, the log from stderr.
class CallStreams {
 public:
  enum class Got { nothing, some, end };

  explicit CallStreams(std::string_view event);

  // For the program's fds 0 to 2.
  std::array<int, 3> inside() const { return {event_.get(), response_.write.get(), log_.write.get()}; }
  // When the program has them.
  void close_inside();

  // -1 after their end.
  int response_fd() const { return response_.read.get(); }
  int log_fd() const { return log_.read.get(); }
  // Reads what is there; never waits. `bytes` is replaced.
  Got read_response(std::string& bytes);
  Got read_log(std::string& bytes) { return read(log_.read, bytes); }
  // Bytes of the response so far.
  Bytes size() const { return size_; }

 private:
  static Got read(sys::Fd& fd, std::string& bytes);

  sys::Fd event_;
  sys::Pipe response_;
  sys::Pipe log_;
  Bytes size_ = 0;
};

// A pipe whose reading end does not block.
sys::Pipe make_output_pipe();

}  // namespace fn::run
