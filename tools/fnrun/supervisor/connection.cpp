// SPDX-License-Identifier: Apache-2.0
#include "supervisor/connection.hpp"

#include <sys/socket.h>

namespace fn::run {
namespace {

constexpr std::size_t max_waiting_log = 1 * MiB;

}  // namespace

void Connection::watch(sys::PollSet& set) const {
  set.add(socket_.get(), static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT));
  if (shell) set.add(shell->process->pidfd());
}

bool Connection::serve(const sys::PollSet& set) {
  if (!set.is_ready(socket_.get())) return !gone_;
  flush();
  if (!reader_.read(socket_.get())) gone_ = true;
  return !gone_;
}

void Connection::send(instance::Type type, std::string_view payload) {
  if (gone_) return;
  unsent_ += instance::encode(type, payload);
  flush();
}

void Connection::send_log(std::string_view bytes) {
  if (unsent_.size() < max_waiting_log) send(instance::Type::log, bytes);
}

void Connection::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size() && !gone_) {
    const ssize_t put = ::send(socket_.get(), unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (put > 0) sent += static_cast<std::size_t>(put);
    if (put < 0 && errno == EAGAIN) break;
    if (put < 0 && errno != EINTR) gone_ = true;
  }
  unsent_.erase(0, sent);
}

}  // namespace fn::run
