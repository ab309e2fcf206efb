// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/frame.hpp"
#include "poll_set.hpp"
#include "sandbox/entry.hpp"
#include "sys/fd.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fn::run {

// A command that a client started in the sandbox (fnrun shell). The destructor kills it.
struct Guest {
  sandbox::Plan plan;
  std::unique_ptr<sandbox::Entry> entry;
};

// A client of the control socket.
class Connection {
 public:
  explicit Connection(sys::Fd socket) : socket_(std::move(socket)) {}

  void watch(PollSet& set) const;
  // Takes what the client sent and hands on what waits for it. False once it is gone.
  bool serve(const PollSet& set);
  std::optional<instance::Frame> next() { return reader_.next(); }

  // Never waits: what the client doesn't take at once is kept.
  void send(instance::Type type, std::string_view payload);
  void send_error(const Error& error) { send(instance::Type::error, instance::encode_error(error)); }
  // The same for what may get lost, if the client is slow.
  void send_log(std::string_view bytes);
  bool has_unsent() const { return !unsent_.empty(); }

  std::unique_ptr<Guest> guest;

 private:
  void flush();

  sys::Fd socket_;
  instance::FrameReader reader_;
  std::string unsent_;
  bool gone_ = false;
};

}  // namespace fn::run
