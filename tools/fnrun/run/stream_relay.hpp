// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"
#include "sys/poll_set.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::run {

// Our standard streams for a command in a sandbox, which has pipes instead of them: whoever holds a descriptor can do
// more with it than read and write. It changes the mode, owner, times and attributes of a file, takes a lease on it,
// types into a terminal, renames a socket, and makes all who share it wait or not. What is a pipe already goes in as it
// is, with flags of its own.
class StreamRelay {
 public:
  using Streams = std::array<int, 3>;

  // `ours` are borrowed: where the command's fds 0 to 2 come from and go to. Two that are the same get one pipe, so
  // that what is written to them stays in order. Throws failure.
  explicit StreamRelay(const Streams& ours);
  StreamRelay(const StreamRelay&) = delete;
  // A file that was read from stands at what the command has not read.
  ~StreamRelay();

  // What the command gets. close_inside() once it has them.
  const Streams& inside() const { return inside_; }
  void close_inside() { ends_.clear(); }

  // What to wait for, as far as there is room for it.
  void watch(sys::PollSet& set) const;
  // Moves what is there. Throws failure if one of ours can't be written to.
  void move();
  // The rest of the output, after the command's end.
  void drain();

 private:
  struct Input {
    int from;
    sys::Pipe pipe;
    std::string pending = {};  // read, and not yet in the pipe
  };
  struct Output {
    int to;
    sys::Fd from;
    std::string_view name;
  };

  void take_in(int fd);
  void hand_out(std::size_t n, const Streams& ours);
  void move_input();
  bool move_output(Output& output);

  // Not initialized: each page of it that is touched costs a fault.
  std::unique_ptr<char[]> buffer_;
  std::optional<Input> input_;
  std::vector<Output> outputs_;
  std::vector<sys::Fd> ends_;  // inside
  Streams inside_{-1, -1, -1};
};

}  // namespace fn::run
