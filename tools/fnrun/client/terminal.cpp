// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include "sys/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr std::size_t max_pending = 64 * 1024;

bool is_ready(int fd, short events) {
  pollfd watched{fd, events, 0};
  return poll(&watched, 1, 0) > 0;
}

}  // namespace

Terminal::Terminal(sys::Fd master) : master_(std::move(master)) {
  sys::check(tcgetattr(STDIN_FILENO, &before_), "cannot read the settings of the terminal");
  resize();
  fcntl(master_.get(), F_SETFL, O_NONBLOCK);
  termios raw = before_;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

Terminal::~Terminal() {
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

void Terminal::resize() const {
  winsize size{};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(master_.get(), TIOCSWINSZ, &size);
}

void Terminal::watch(std::vector<pollfd>& watched) const {
  if (input_open_ && pending_.size() < max_pending) watched.push_back({STDIN_FILENO, POLLIN, 0});
  if (output_open_) {
    const short events = static_cast<short>(pending_.empty() ? POLLIN : POLLIN | POLLOUT);
    watched.push_back({master_.get(), events, 0});
  }
}

void Terminal::move() {
  std::array<char, 4096> buffer;
  if (input_open_ && pending_.size() < max_pending && is_ready(STDIN_FILENO, POLLIN)) {
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

bool Terminal::move_output() {
  std::array<char, 16384> buffer;
  if (!output_open_ || !is_ready(master_.get(), POLLIN)) return false;
  const ssize_t got = read(master_.get(), buffer.data(), buffer.size());
  // EIO: the last one that had the other side is gone.
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) output_open_ = false;
  if (got <= 0) return false;
  sys::write_full(STDOUT_FILENO, std::string_view(buffer.data(), std::size_t(got)), "standard output");
  return true;
}

void Terminal::drain() {
  while (move_output()) continue;
}

}  // namespace fn::run
