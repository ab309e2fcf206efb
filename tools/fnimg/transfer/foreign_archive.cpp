// SPDX-License-Identifier: Apache-2.0
// Formats that are not ours to parse are left to the helper program fn-archive, which runs without rights: the archive
// is its stdin, a plain tar its stdout, complaints its stderr. We read both pipes as they fill, or a helper that waits
// for us to take a complaint would wait for ever while we wait for its tar.
//
// Bytes that arrive prove nothing: a helper that was killed ends its stream as well. The end of the tar is the end only
// after the helper has ended with 0; else its first complaint becomes our error.
#include "transfer/foreign_archive.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/fd.hpp"
#include "sys/process.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <span>
#include <unistd.h>
#include <utility>

namespace fn::img {
namespace {

constexpr std::size_t max_message = 4 * KiB;

// An interrupt is looked for now and then: the helper may itself wait for a pipe that says nothing.
constexpr int poll_ms = 200;

// 0 at the end, nothing if a signal came first.
std::optional<std::size_t> read_some(int fd, std::span<std::byte> buffer) {
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return std::nullopt;
  return static_cast<std::size_t>(sys::check(got, "cannot read from the archive helper"));
}

std::string first_line(std::string_view text) {
  return printable(trim(text.substr(0, text.find('\n'))));
}

}  // namespace

struct ForeignArchive::Impl {
  Impl(int fd, std::string archive) : name(std::move(archive)) {
    sys::Pipe tar = sys::make_pipe();
    sys::Pipe messages = sys::make_pipe();
    // The usual 64 KiB would mean a switch between the two processes for each of them; the limit for pipes may forbid
    // more.
    fcntl(tar.write.get(), F_SETPIPE_SZ, int{1 * MiB});
    sys::Process::Options options;
    options.stdin_fd = fd;
    options.stdout_fd = tar.write.get();
    options.stderr_fd = messages.write.get();
    helper.emplace(sys::Process::spawn({sys::helper_path("fn-archive")}, options));
    output = std::move(tar.read);
    errors = std::move(messages.read);
  }

  // Reads whichever of the two pipes has something, so that the helper can't block on the other; `buffer` may be empty.
  // Nothing if only its messages had.
  std::optional<std::size_t> step(std::span<std::byte> buffer) {
    sys::check_interrupt();
    std::array<pollfd, 2> pipes{{{buffer.empty() ? -1 : output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}}};
    const int count = poll(pipes.data(), pipes.size(), poll_ms);
    if (count < 0 && errno == EINTR) return std::nullopt;
    sys::check(count, "cannot wait for the archive helper");
    if (pipes[1].revents != 0) read_message();
    if (pipes[0].revents == 0) return std::nullopt;
    return read_some(output.get(), buffer);
  }

  // Keeps the beginning of what the helper says and drops the rest.
  void read_message() {
    std::array<char, max_message> piece;
    const auto count = read_some(errors.get(), std::as_writable_bytes(std::span(piece)));
    if (!count) return;
    if (*count == 0) errors.reset();
    message.append(piece.data(), std::min(*count, max_message - message.size()));
  }

  // The end of the stream is one only if the helper says so.
  void finish() {
    while (errors) step({});
    if (!code) code = helper->wait();
    if (*code == 0) return;
    const std::string who = printable(name);
    if (*code == 256 + SIGSYS)
      fail_hint(Kind::failure, "the archive may be malicious; if you trust it, please report this as a bug",
                "'{}': the archive helper was stopped by its sandbox", who);
    if (*code >= 256) fail(Kind::failure, "'{}': the archive helper was killed by signal {}", who, *code - 256);
    const std::string reason = first_line(message);
    if (reason.empty()) fail(Kind::failure, "'{}': the archive helper failed with exit code {}", who, *code);
    // In a pipe it is the command before it that failed.
    if (name == "stdin" && reason == "the archive is empty")
      fail_hint(Kind{*code}, "see what the command before the pipe says", "stdin was empty: an archive was expected");
    const bool about_archive = *code == int(Kind::usage) || *code == int(Kind::integrity);
    fail(about_archive ? Kind{*code} : Kind::failure, "'{}': {}", who, reason);
  }

  std::string name;
  sys::Fd output;
  sys::Fd errors;
  std::optional<sys::Process> helper;
  std::optional<int> code;
  std::string message;
};

ForeignArchive::ForeignArchive(int fd, std::string name) : impl_(std::make_unique<Impl>(fd, std::move(name))) {}

ForeignArchive::~ForeignArchive() = default;

std::size_t ForeignArchive::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return 0;
  std::optional<std::size_t> count;
  while (!count) count = impl_->step(buffer);
  if (*count == 0) impl_->finish();
  return *count;
}

}  // namespace fn::img
