// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"
#include "sys/poll_set.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <sys/signalfd.h>
#include <termios.h>

namespace fn::run {

// Connects our terminal to the pseudo-terminal of a sandbox. Processes inside never hold a descriptor of ours, so they
// can't push input into our shell (TIOCSTI, CVE-2017-5226). Raw while the object lives; the destructor restores it. In
// the background, where the terminal is the shell's, only output is passed on, until the job comes to the foreground.
class Terminal {
 public:
  // `master` is the sandbox's. Throws failure if fd 0 is not a terminal.
  explicit Terminal(sys::Fd master);
  Terminal(const Terminal&) = delete;
  ~Terminal();

  // What to wait for: our input and the sandbox's output, as far as each side has buffer space.
  void watch(sys::PollSet& set) const;
  // Moves available data.
  void move();
  // A signal that we got. True: it was the terminal's business alone. False: it is for the command, too.
  bool take(const signalfd_siginfo& info);
  // The rest of the sandbox's output, after its end.
  void drain();

 private:
  void resume();
  void resize() const;
  void follow_job();
  void look_again_later();
  bool move_output();

  sys::Fd master_;
  bool foreground_ = false;  // the terminal is ours, and raw
  termios before_{};
  sys::SteadyTime next_look_{};  // in the background, at input or for the terminal
  int looks_left_ = 0;           // the shell may give us the terminal a moment after its SIGCONT
  std::string pending_;          // typed, and not yet taken by the sandbox
  bool input_open_ = true;
  bool output_open_ = true;
};

}  // namespace fn::run
