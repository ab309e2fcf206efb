// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/frame.hpp"
#include "sandbox/exec_process.hpp"
#include "sys/fd.hpp"
#include "sys/poll_set.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fn::run {

// A command that a client started in the sandbox (fnrun shell). The destructor kills it.
struct ShellSession {
  sandbox::Plan plan;
  std::unique_ptr<sandbox::ExecProcess> process;
};

// A client of the control socket.
class Connection {
 public:
  explicit Connection(sys::Fd socket) : socket_(std::move(socket)) {}

  void watch(sys::PollSet& set) const;
  // Receives what the client sent and sends what is queued for it. False once it is gone.
  bool serve(const sys::PollSet& set);
  std::optional<instance::Frame> next() { return reader_.next(); }

  // Never blocks: what the client does not read at once is queued.
  void send(instance::Type type, std::string_view payload);
  void send_error(const Error& error) { send(instance::Type::error, instance::encode_error(error)); }
  // The same for data that may be dropped if the client is slow.
  void send_log(std::string_view bytes);
  // After what was sent; for a client that can't be understood.
  void end() { gone_ = true; }
  bool has_unsent() const { return !unsent_.empty(); }

  std::unique_ptr<ShellSession> shell;

 private:
  void flush();

  sys::Fd socket_;
  instance::FrameReader reader_;
  std::string unsent_;
  bool gone_ = false;
};

}  // namespace fn::run
