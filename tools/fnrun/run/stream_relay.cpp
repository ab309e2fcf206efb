// SPDX-License-Identifier: Apache-2.0
// The command's standard input is a pipe of which we keep both ends: what is left in it when the command is done shows
// how much of a file was not read, so that the next program that has the same file goes on there ((fnrun run a; b) <f).
// Of a pipe, a terminal or a socket nothing can be put back. That is why a pipe is not relayed but handed in, another
// user's too: a loop that reads lines from one, and runs something for each, keeps its lines.
#include "run/stream_relay.hpp"

#include "base/error.hpp"
#include "function/call_streams.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr std::size_t piece = 64 * 1024;
// How soon it is seen that we have come to the foreground of a terminal.
constexpr std::chrono::milliseconds background_pause{500};
constexpr std::array<std::string_view, 3> names{"stdin", "stdout", "stderr"};

bool can_read(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

// Without a name in the file system.
bool is_pipe(int fd) {
  struct statfs status {};
  return fstatfs(fd, &status) == 0 && status.f_type == PIPEFS_MAGIC;
}

// Another description of a pipe: its flags (O_NONBLOCK, O_ASYNC) are not those of whoever else has it. Nothing if the
// pipe is another user's.
sys::Fd reopen_pipe(int fd, int mode) {
  return sys::Fd(open(fmt::format("/proc/self/fd/{}", fd).c_str(), mode | O_CLOEXEC));
}

// Reading from the background of a terminal would stop us (SIGTTIN), and with us the limits of the command.
bool is_in_background(int fd) {
  const pid_t foreground = tcgetpgrp(fd);
  return foreground >= 0 && foreground != getpgrp();
}

}  // namespace

StreamRelay::StreamRelay(const Streams& ours) : buffer_(std::make_unique_for_overwrite<char[]>(piece)) {
  take_in(ours[0]);
  for (std::size_t n = 1; n < ours.size(); ++n) hand_out(n, ours);
}

StreamRelay::~StreamRelay() {
  if (!input_) return;
  int in_pipe = 0;
  ioctl(input_->pipe.read.get(), FIONREAD, &in_pipe);
  const auto unread = static_cast<off_t>(input_->pending.size()) + in_pipe;
  if (unread > 0) lseek(input_->from, -unread, SEEK_CUR);
}

void StreamRelay::take_in(int fd) {
  if (is_pipe(fd)) {
    sys::Fd end = reopen_pipe(fd, O_RDONLY);
    inside_[0] = end ? end.get() : fd;
    if (end) ends_.push_back(std::move(end));
    return;
  }
  input_.emplace(Input{.from = fd, .pipe = sys::make_pipe()});
  sys::check(fcntl(input_->pipe.write.get(), F_SETFL, O_NONBLOCK), "cannot set up a pipe");
  inside_[0] = input_->pipe.read.get();
  move_input();
}

void StreamRelay::hand_out(std::size_t n, const Streams& ours) {
  for (std::size_t before = 1; before < n; ++before)
    if (sys::is_same_file(ours[before], ours[n])) {
      inside_[n] = inside_[before];
      return;
    }
  sys::Fd end = is_pipe(ours[n]) ? reopen_pipe(ours[n], O_WRONLY) : sys::Fd();
  if (!end) {
    sys::Pipe pipe = function::make_output_pipe();
    outputs_.push_back({.to = ours[n], .from = std::move(pipe.read), .name = names.at(n)});
    end = std::move(pipe.write);
  }
  inside_[n] = end.get();
  ends_.push_back(std::move(end));
}

void StreamRelay::watch(sys::PollSet& set) const {
  for (const Output& output : outputs_)
    if (output.from) set.add(output.from.get());
  if (!input_ || !input_->pipe.write) return;
  if (!input_->pending.empty())
    set.add(input_->pipe.write.get(), POLLOUT);
  else if (is_in_background(input_->from))
    set.until(std::chrono::steady_clock::now() + background_pause);
  else
    set.add(input_->from);
}

void StreamRelay::move() {
  if (input_) move_input();
  for (Output& output : outputs_) move_output(output);
}

void StreamRelay::drain() {
  for (Output& output : outputs_)
    while (move_output(output)) continue;
}

void StreamRelay::move_input() {
  std::string& pending = input_->pending;
  const sys::Fd& pipe = input_->pipe.write;
  if (!pipe) return;
  if (pending.empty() && !is_in_background(input_->from) && can_read(input_->from)) {
    const ssize_t got = read(input_->from, buffer_.get(), piece);
    const bool is_over = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
    if (is_over) return input_->pipe.write.reset();
    if (got > 0) pending.assign(buffer_.get(), static_cast<std::size_t>(got));
  }
  if (pending.empty()) return;
  const ssize_t put = write(pipe.get(), pending.data(), pending.size());
  if (put > 0) pending.erase(0, static_cast<std::size_t>(put));
}

// False: nothing was there.
bool StreamRelay::move_output(Output& output) {
  if (!output.from) return false;
  const ssize_t got = read(output.from.get(), buffer_.get(), piece);
  if (got == 0) output.from.reset();  // or it would be ready for ever
  if (got <= 0) return got < 0 && errno == EINTR;
  sys::write_full(output.to, std::string_view(buffer_.get(), static_cast<std::size_t>(got)), output.name);
  return true;
}

}  // namespace fn::run
