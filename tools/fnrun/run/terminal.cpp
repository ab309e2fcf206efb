// SPDX-License-Identifier: Apache-2.0
#include "run/terminal.hpp"

#include "sys/file.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr std::size_t max_pending = 64 * 1024;

// Who types to the shell wakes us up, since what we wait for is the same terminal; so often at most.
constexpr std::chrono::milliseconds look_interval{250};
constexpr int looks_after_continue = 4;

// tcgetpgrp(3) fails for a terminal that is not the controlling one: it has no foreground group of ours.
bool is_in_foreground() {
  const pid_t group = tcgetpgrp(STDIN_FILENO);
  return group < 0 || group == getpgrp();
}

bool is_ready(int fd, short events) {
  pollfd watched{fd, events, 0};
  return poll(&watched, 1, 0) > 0;
}

}  // namespace

Terminal::Terminal(sys::Fd master) : master_(std::move(master)) {
  sys::check(tcgetattr(STDIN_FILENO, &before_), "cannot read the terminal settings");
  resize();
  fcntl(master_.get(), F_SETFL, O_NONBLOCK);
  follow_job();
}

Terminal::~Terminal() {
  if (foreground_ && is_in_foreground()) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

// To change a terminal from the background would stop us (SIGTTOU). What it is like then is the shell's business, so
// the settings to be restored are those at the moment when it becomes ours; unless it is still raw, from before we were
// stopped.
void Terminal::follow_job() {
  if (foreground_ == is_in_foreground()) return;
  foreground_ = !foreground_;
  if (!foreground_) return;
  termios now{};
  if (tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ICANON) != 0) before_ = now;
  termios raw = before_;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

void Terminal::resize() const {
  winsize size{};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(master_.get(), TIOCSWINSZ, &size);
}

// Whoever stopped us may have changed the terminal since.
void Terminal::resume() {
  foreground_ = false;
  follow_job();
  looks_left_ = foreground_ ? 0 : looks_after_continue;
}

bool Terminal::take(const signalfd_siginfo& info) {
  const int number = static_cast<int>(info.ssi_signo);
  if (number == SIGCONT) resume();
  if (number == SIGWINCH) resize();
  // A key of our terminal sent it to all of us, since it was not raw yet: it is for the job in the sandbox's
  // foreground.
  const bool is_key = info.ssi_code == SI_KERNEL && (number == SIGINT || number == SIGQUIT);
  if (is_key) ioctl(master_.get(), TIOCSIG, number);
  return is_key || number == SIGWINCH;
}

void Terminal::watch(sys::PollSet& set) const {
  const bool is_due = foreground_ || std::chrono::steady_clock::now() >= next_look_;
  if (input_open_ && pending_.size() < max_pending && is_due) set.add(STDIN_FILENO);
  if (!is_due || looks_left_ > 0) set.until(next_look_);
  if (output_open_) set.add(master_.get(), static_cast<short>(pending_.empty() ? POLLIN : POLLIN | POLLOUT));
}

void Terminal::move() {
  std::array<char, 4096> buffer;
  follow_job();
  look_again_later();
  if (foreground_ && input_open_ && pending_.size() < max_pending && is_ready(STDIN_FILENO, POLLIN)) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got > 0) pending_.append(buffer.data(), std::size_t(got));
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) input_open_ = false;
  }
  if (!pending_.empty()) {
    const ssize_t put = write(master_.get(), pending_.data(), pending_.size());
    if (put > 0) pending_.erase(0, std::size_t(put));
  }
  move_output();
}

void Terminal::look_again_later() {
  if (foreground_) looks_left_ = 0;
  const sys::SteadyTime now = std::chrono::steady_clock::now();
  if (foreground_ || now < next_look_ || (looks_left_ == 0 && !is_ready(STDIN_FILENO, POLLIN))) return;
  next_look_ = now + look_interval;
  if (looks_left_ > 0) --looks_left_;
}

bool Terminal::move_output() {
  std::array<char, 16384> buffer;
  if (!output_open_ || !is_ready(master_.get(), POLLIN)) return false;
  const ssize_t got = read(master_.get(), buffer.data(), buffer.size());
  // EIO: the last one that had the other side is gone.
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) output_open_ = false;
  if (got <= 0) return false;
  sys::write_full(STDOUT_FILENO, std::string_view(buffer.data(), std::size_t(got)), "stdout");
  return true;
}

void Terminal::drain() {
  while (move_output()) continue;
}

}  // namespace fn::run
