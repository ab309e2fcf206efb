// SPDX-License-Identifier: Apache-2.0
#include "instance/log_file.hpp"

#include "sys/file.hpp"

#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace fn::instance {
namespace {

constexpr const char* log_name = "log";
constexpr const char* old_name = "log.1";
constexpr std::size_t log_read_size = 64 * 1024;

// Where the last `lines` lines of `text` begin; `lines` is less what was found before that.
std::size_t tail_of(std::string_view text, std::uint64_t& lines) {
  std::size_t at = text.size();
  while (at > 0 && lines > 0) {
    const std::size_t newline = at >= 2 ? text.rfind('\n', at - 2) : std::string_view::npos;
    at = newline == std::string_view::npos ? 0 : newline + 1;
    --lines;
  }
  return at;
}

}  // namespace

LogFile::LogFile(int dir, Bytes limit) : dir_(dir), limit_(limit) {
  open();
  sys::check(file_.get(), "cannot create the log of the instance");
}

void LogFile::open() {
  file_ = sys::Fd(openat(dir_, log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  size_ = 0;
}

void LogFile::append(std::string_view bytes) noexcept {
  if (size_ >= limit_ && renameat(dir_, log_name, dir_, old_name) == 0) open();
  while (!bytes.empty() && file_) {
    const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    size_ += static_cast<Bytes>(put);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

LogReader::LogReader(int dir, std::uint64_t lines) : dir_(dir), file_(open()) {
  if (!file_) fail(Kind::not_found, "the instance has no log");
  const Bytes enough = 2 * LogFile::default_limit;
  const std::string text = sys::read_fd(file_.get(), log_name, enough);
  const std::size_t begin = tail_of(text, lines);
  if (lines > 0) {
    const sys::Fd old(openat(dir_, old_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    const std::string before = old ? sys::read_fd(old.get(), old_name, enough) : "";
    kept_ = before.substr(tail_of(before, lines));
  }
  kept_ += text.substr(begin);
}

sys::Fd LogReader::open() const {
  return sys::Fd(openat(dir_, log_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

std::string LogReader::read() {
  if (!kept_.empty()) return std::exchange(kept_, {});
  std::string buffer(log_read_size, '\0');
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::size_t got = sys::read_full(file_.get(), std::as_writable_bytes(std::span(buffer)), log_name);
    buffer.resize(got);
    if (got > 0) return buffer;
    // At the end of a file that has another name by now.
    sys::Fd now = open();
    if (!now || sys::is_same_file(now.get(), file_.get())) return {};
    file_ = std::move(now);
    buffer.resize(log_read_size);
  }
  return {};
}

}  // namespace fn::instance
