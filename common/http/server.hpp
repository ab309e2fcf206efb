// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "http/exchange.hpp"
#include "sys/fd.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

struct MHD_Daemon;
struct sockaddr;

namespace fn::http {

// What a server does with requests. All functions are called from within Server::run_ready, in this order for each
// exchange. An exception closes the connection and leaves run_ready.
class Handler {
 public:
  virtual ~Handler() = default;
  // The head has arrived. May set how the body is delivered, and may already answer.
  virtual void on_head(Exchange&) {}
  // Part of the body, if it is streamed.
  virtual void on_chunk(Exchange&, std::string_view) {}
  // The body exceeds its limit: the place to answer 413. Without an answer the connection is closed.
  virtual void on_over_limit(Exchange& exchange) { exchange.respond({413, {}, {}}); }
  // The request is complete. It may be answered now or later.
  virtual void on_request(Exchange&) = 0;
  // Everything written so far of a streamed answer has been sent.
  virtual void on_drained(Exchange&) {}
  // Always the last call: `whole` if the complete answer was sent, else the client is gone or was cut off.
  virtual void on_end(Exchange&, bool /*whole*/) {}
  // The connection was closed, or its client closed its side. Once per connection.
  virtual void on_closed(std::uint64_t /*connection*/) {}
};

// An HTTP/1.1 server without a thread: the owner polls one descriptor and calls run_ready. Requests whose length can be
// read in two ways never reach the handler (RFC 9112, 6.3). Over libmicrohttpd.
class Server {
 public:
  struct Options {
    unsigned connections = 1024;               // more get 503, with the queue of the kernel before them
    Bytes body_limit = 6 * MiB;                // of a request, unless the handler says otherwise
    Bytes drain_limit = 64 * MiB;              // read and dropped to keep a connection open; beyond that it is closed
    std::size_t connection_memory = 32 * KiB;  // for the head of a request, and at least two kernel reads
    std::chrono::seconds idle_timeout{0};      // without any byte from or to the client; 0: none
    std::chrono::seconds request_timeout{0};   // from the end of the last answer to a complete request; 0: none
    // A client that shuts down its side behind a whole request gets its answer, unless it is seen to be gone. Otherwise
    // it counts as gone.
    bool answers_half_closed = false;
    // Whether a client may speak at all, by its address; asked once, before anything is read. None: all may.
    std::function<bool(const sockaddr&)> admit = {};
  };

  // Serves connections to `socket`, which already listens (sys/listen.hpp). `handler` must outlive the server.
  Server(sys::Fd socket, Handler& handler, const Options& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Readable when there is something to do. Answers given from outside only show in timeout(): see flush().
  int poll_fd() const { return poll_.get(); }
  // How long the owner may wait at most before run_ready; nothing: forever.
  std::optional<std::chrono::milliseconds> timeout() const;
  // Handles what is ready, after waiting up to `wait` for it (-1: forever). Throws what a handler threw.
  void run_ready(std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  // Sends answers given from outside now, not with the next run_ready.
  void flush();
  // Refuses new connections; open ones continue.
  void stop_listening();

 private:
  friend class Exchange;
  struct Callbacks;
  using Time = std::chrono::steady_clock::time_point;

  int on_access(Exchange& exchange, MHD_Connection* connection, const char* method, std::string_view data);
  int begin(Exchange& exchange, MHD_Connection* connection, const char* method);
  int take(Exchange& exchange, std::string_view data);
  int proceed(Exchange& exchange);
  int queue(Exchange& exchange);
  std::int64_t read_stream(Exchange& exchange, char* buffer, std::size_t size);
  void opened(Connection& connection);
  void closed(Connection& connection);
  void run_library();
  bool pending() const;
  bool hang_up(std::uint64_t connection, bool entirely);
  void expire(Time now, std::vector<std::uint64_t>& closing);
  void turn_away(Connection& connection);
  template <typename Body>
  int guarded(const Body& body) noexcept;

  Handler& handler_;
  Options options_;
  sys::Fd poll_;  // holds the library's epoll descriptor, and every connection for the hang-up of its client
  MHD_Daemon* daemon_ = nullptr;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t last_id_ = 0;
  Time next_expiry_;
  bool inside_ = false;   // in one of the library's functions
  bool resumed_ = false;  // the library has work that no descriptor signals
  std::exception_ptr thrown_;
};

}  // namespace fn::http
