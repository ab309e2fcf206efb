// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/published_port.hpp"
#include "sandbox/sandbox.hpp"
#include "sys/fd.hpp"
#include "sys/poll_set.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace fn::function {

// A published port whose listener is open.
struct Listener {
  PublishedPort port;  // outside.port is the one that it has
  sys::Fd socket;
};

// Before the sandbox is started, so that a port that is taken keeps it from starting. Throws busy, usage, unsupported.
std::vector<Listener> listen_outside(const std::vector<PublishedPort>& ports);

// Passes connections to published ports on to the sandbox's loopback, in the caller's thread, for as long as it exists.
// A connection that nobody takes inside is closed.
class PortRelay {
 public:
  // Called when nobody listens inside, once for each port.
  using OnNoListener = std::function<void(const PublishedPort&)>;

  // `sandbox` has a network of its own and outlives the relay.
  PortRelay(std::vector<Listener> listeners, const sandbox::Sandbox& sandbox, OnNoListener on_no_listener = {});
  PortRelay(const PortRelay&) = delete;
  ~PortRelay();

  // From now on a connection to that port waits until somebody listens inside.
  void be_patient(std::uint16_t inside);
  // Somebody outside is connected to that port.
  bool is_connected(std::uint16_t inside) const;

  // Readable when there is something to do: then call run_ready(), which does not block.
  int poll_fd() const { return epoll_.get(); }
  // When there is something to do at the latest.
  std::optional<sys::SteadyTime> next_look() const;
  void run_ready();

  // The sandbox has ended, or is about to: nobody is let in any more.
  void close_doors();
  // Closes all connections and gives the listeners back, for the relay to another sandbox: nothing else may follow.
  std::vector<Listener> take_listeners();
  // What was sent inside before the end goes out, as far as it is taken within a second. Closes the doors.
  void drain();

 private:
  struct Side;
  struct Connection;
  struct Door;
  using Number = std::uint64_t;

  void take(Door& door);
  void handle(Number event);
  void begin(Number number, Connection& connection);
  void connect(Number number, Connection& connection);
  void move(Number number, Connection& connection);
  bool pump(Side& from, Side& to);
  bool watch(Number event, Side& side, std::uint32_t events) const;
  void watch_doors(bool open) const;
  void nobody(Number number, Connection& connection);
  void end(Number number);

  const sandbox::Sandbox& sandbox_;
  OnNoListener on_no_listener_;
  sys::Fd epoll_;
  sys::Fd spare_;  // given up for a moment to refuse a connection when there is no other descriptor
  std::vector<Door> doors_;
  std::unordered_map<Number, std::unique_ptr<Connection>> connections_;
  Number next_number_;
  std::string buffer_;
};

}  // namespace fn::function
