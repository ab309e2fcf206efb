// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <array>
#include <cstddef>
#include <poll.h>
#include <string>
#include <termios.h>
#include <vector>

namespace fn::run {

// Our terminal, passed on to the pseudo-terminal of a sandbox. What runs inside never holds a descriptor of ours, so it
// can't push input into our shell (TIOCSTI, CVE-2017-5226). Raw while the object lives; the destructor restores it.
class Terminal {
 public:
  // `master` is the sandbox's. Throws failure if fd 0 is no terminal.
  explicit Terminal(sys::Fd master);
  Terminal(const Terminal&) = delete;
  ~Terminal();

  // What to wait for: our input and the sandbox's output, as far as each has room.
  void watch(std::vector<pollfd>& watched) const;
  // Moves what is there.
  void move();
  // Hands on our window size.
  void resize() const;
  // The rest of the sandbox's output, after its end.
  void drain();

 private:
  bool move_output();

  sys::Fd master_;
  termios before_{};
  std::string pending_;  // typed, and not yet taken by the sandbox
  bool input_open_ = true;
  bool output_open_ = true;
};

}  // namespace fn::run
