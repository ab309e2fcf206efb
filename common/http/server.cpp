// SPDX-License-Identifier: Apache-2.0
// libmicrohttpd without a thread of its own: all of it, and all of the Handler, runs inside run_ready(), in the
// caller's thread. Our epoll descriptor watches the library's own and, for each connection, whether the client hung up,
// because the library does not look at connections that are suspended.
//
// A request goes through on_head, on_chunk for a body that is streamed, and on_request; without an answer by then its
// connection is suspended. respond(), start(), write() resume it (Exchange::wake), and the library is run once more for
// that. In the end there is always on_end, and on_closed only after it.
//
// The library is C: no exception may pass through it. guarded() keeps the first one, and run_library() throws it when
// the library has returned. A Handler may call anything of an Exchange, but run_ready() and flush() do nothing while
// `inside_` says that the library is on the stack. The library can't close a suspended connection, so all are resumed
// before it is stopped.
#include "http/server.hpp"

#include "base/error.hpp"
#include "http/connection.hpp"
#include "sys/tcp_peers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace fn::http {
namespace {

constexpr std::uint64_t library_events = 0;  // connections count from 1
constexpr int max_rounds = 16;               // so that one client with much to say leaves time for the others
constexpr unsigned room_to_turn_away = 64;   // connections beyond the limit that are told so

}  // namespace

// What the library calls. No exception may pass through its frames.
struct Server::Callbacks {
  static MHD_Result accepted(void* self, const sockaddr* address, socklen_t) {
    auto& server = *static_cast<Server*>(self);
    return MHD_Result(server.guarded([&] { return server.options_.admit(*address) ? MHD_YES : MHD_NO; }));
  }

  static void* target(void* self, const char* uri, MHD_Connection* connection) {
    auto& server = *static_cast<Server*>(self);
    const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    Exchange* exchange = nullptr;
    server.guarded([&] {
      exchange = new Exchange(server, ++server.last_id_, uri);
      exchange->connection_ = static_cast<Connection*>(info->socket_context);
      exchange->connection_->current = exchange;
      return MHD_YES;
    });
    return exchange;
  }

  static MHD_Result access(void* self, MHD_Connection* connection, const char*, const char* method, const char*,
                           const char* data, std::size_t* size, void** context) {
    auto& server = *static_cast<Server*>(self);
    auto* exchange = static_cast<Exchange*>(*context);
    if (exchange == nullptr) return MHD_NO;
    const std::string_view bytes(data, *size);
    *size = 0;
    return MHD_Result(server.guarded([&] { return server.on_access(*exchange, connection, method, bytes); }));
  }

  static void completed(void* self, MHD_Connection*, void** context, MHD_RequestTerminationCode why) {
    auto& server = *static_cast<Server*>(self);
    const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(*context));
    *context = nullptr;
    if (!exchange) return;
    Connection& connection = *exchange->connection_;
    connection.current = nullptr;
    connection.reading = true;
    if (server.options_.request_timeout.count() > 0) connection.since = std::chrono::steady_clock::now();
    if (!exchange->begun_) return;
    server.guarded([&] {
      server.handler_.on_end(*exchange, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
      return MHD_YES;
    });
  }

  static void connected(void* self, MHD_Connection* library, void** context, MHD_ConnectionNotificationCode code) {
    auto& server = *static_cast<Server*>(self);
    server.guarded([&] {
      if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context != nullptr) server.closed(*static_cast<Connection*>(*context));
        return MHD_YES;
      }
      auto connection = std::make_unique<Connection>();
      connection->id = ++server.last_id_;
      connection->library = library;
      connection->fd = MHD_get_connection_info(library, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
      server.opened(*connection);
      if (server.connections_.size() >= server.options_.connections) server.turn_away(*connection);
      *context = connection.get();
      server.connections_.emplace(connection->id, std::move(connection));
      return MHD_YES;
    });
  }
};

template <typename Body>
int Server::guarded(const Body& body) noexcept {
  const bool outer = std::exchange(inside_, true);
  int result = MHD_NO;
  try {
    result = body();
  } catch (...) {
    if (!thrown_) thrown_ = std::current_exception();
  }
  inside_ = outer;
  return result;
}

Server::Server(sys::Fd socket, Handler& handler, const Options& options)
    : handler_(handler),
      options_(options),
      poll_(sys::check(epoll_create1(EPOLL_CLOEXEC), "cannot create an epoll descriptor")) {
  constexpr unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
  const MHD_NotifyConnectionCallback connected = &Callbacks::connected;
  const MHD_RequestCompletedCallback completed = &Callbacks::completed;
  const MHD_AcceptPolicyCallback accepted = options.admit ? &Callbacks::accepted : nullptr;
  // The library closes the socket, also on its way out of a failed start.
  daemon_ = MHD_start_daemon(
      flags, 0, accepted, this, &Callbacks::access, this, MHD_OPTION_LISTEN_SOCKET, socket.release(),
      MHD_OPTION_CONNECTION_LIMIT, options.connections + room_to_turn_away, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      options.connection_memory, MHD_OPTION_CONNECTION_TIMEOUT, unsigned(options.idle_timeout.count()),
      MHD_OPTION_NOTIFY_COMPLETED, completed, this, MHD_OPTION_NOTIFY_CONNECTION, connected, this,
      MHD_OPTION_URI_LOG_CALLBACK, &Callbacks::target, this, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  if (daemon_ == nullptr) fail(Kind::failure, "cannot start the HTTP server");
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = library_events;
  sys::check(
      epoll_ctl(poll_.get(), EPOLL_CTL_ADD, MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, &event),
      "cannot watch the HTTP server");
}

Server::~Server() {
  if (daemon_ == nullptr) return;
  // A suspended connection can't be closed by the library.
  for (const auto& [id, connection] : connections_)
    if (connection->current != nullptr) connection->current->abort();
  MHD_stop_daemon(daemon_);
}

bool Server::pending() const {
  MHD_UNSIGNED_LONG_LONG wait = 0;
  return resumed_ || (MHD_get_timeout(daemon_, &wait) == MHD_YES && wait == 0);
}

std::optional<std::chrono::milliseconds> Server::timeout() const {
  using std::chrono::milliseconds;
  if (resumed_) return milliseconds(0);
  std::optional<milliseconds> result;
  MHD_UNSIGNED_LONG_LONG wait = 0;
  if (MHD_get_timeout(daemon_, &wait) == MHD_YES) result = milliseconds(std::min<std::uint64_t>(wait, 1U << 30U));
  if (options_.request_timeout.count() > 0 && !connections_.empty()) {
    const milliseconds second(1000);
    result = result ? std::min(*result, second) : second;
  }
  return result;
}

void Server::run_library() {
  resumed_ = false;
  MHD_run(daemon_);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Server::run_ready(std::chrono::milliseconds wait) {
  if (inside_) return;
  std::array<epoll_event, 64> events;
  const auto own = timeout();
  if (own && (wait.count() < 0 || *own < wait)) wait = *own;
  const int count = epoll_wait(poll_.get(), events.data(), int(events.size()), int(wait.count()));
  if (count < 0 && errno != EINTR) sys::check(count, "cannot wait for requests");
  // What a client sent before it went away is read first.
  for (int round = 0; round == 0 || (round < max_rounds && pending()); ++round) run_library();
  std::vector<std::uint64_t> closing;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t id = events[std::size_t(i)].data.u64;
    const bool entirely = (events[std::size_t(i)].events & (EPOLLHUP | EPOLLERR)) != 0;
    if (id != library_events && hang_up(id, entirely)) closing.push_back(id);
  }
  if (options_.request_timeout.count() > 0) expire(std::chrono::steady_clock::now(), closing);
  if (resumed_) run_library();
  // Only now that its exchange has ended.
  for (const std::uint64_t id : closing) handler_.on_closed(id);
}

void Server::flush() {
  if (!inside_ && resumed_) run_library();
}

void Server::stop_listening() {
  // It is ours to close from then on.
  const sys::Fd socket(MHD_quiesce_daemon(daemon_));
}

void Server::opened(Connection& connection) {
  connection.since = std::chrono::steady_clock::now();
  // Edge-triggered, and for the hang-up alone: it costs nothing while requests come and go.
  epoll_event event = {};
  event.events = EPOLLRDHUP | EPOLLET;
  event.data.u64 = connection.id;
  sys::check(epoll_ctl(poll_.get(), EPOLL_CTL_ADD, connection.fd, &event), "cannot watch a connection");
}

void Server::closed(Connection& connection) {
  const auto owned = connections_.extract(connection.id);
  if (!connection.hung_up) handler_.on_closed(connection.id);
}

// True if its client is gone now.
bool Server::hang_up(std::uint64_t id, bool entirely) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second->hung_up) return false;
  Connection& connection = *found->second;
  const bool is_awaiting = connection.current != nullptr && connection.current->complete_;
  if (!entirely && options_.answers_half_closed && is_awaiting && !sys::is_peer_gone(connection.fd)) {
    connection.half_closed = true;
    return false;
  }
  connection.hung_up = true;
  if (connection.current != nullptr && connection.current->suspended_)
    connection.current->abort();
  else
    shutdown(connection.fd, SHUT_RD);  // the end came with the last bytes: the library has no event of its own for it
  return true;
}

void Server::expire(Time now, std::vector<std::uint64_t>& closing) {
  constexpr std::chrono::seconds once_told(1);
  if (now < next_expiry_) return;
  next_expiry_ = now + std::chrono::seconds(1);
  for (const auto& [id, connection] : connections_) {
    const auto limit = connection->turned_away ? once_told : options_.request_timeout;
    if (connection->reading && now - connection->since > limit) shutdown(connection->fd, SHUT_RDWR);
    if (connection->half_closed && sys::is_peer_gone(connection->fd) && hang_up(id, true)) closing.push_back(id);
  }
}

// Said before it asks, since what it would ask is not read for long.
void Server::turn_away(Connection& connection) {
  constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n"
      "Retry-After: 1\r\nConnection: close\r\n\r\ntoo many connections\n";
  connection.turned_away = true;
  (void)send(connection.fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(connection.fd, SHUT_WR);
}

int Server::on_access(Exchange& exchange, MHD_Connection* connection, const char* method, std::string_view data) {
  if (!exchange.begun_) return begin(exchange, connection, method);
  if (!data.empty()) return take(exchange, data);
  if (!exchange.complete_) {
    exchange.complete_ = true;
    exchange.connection_->reading = false;
    if (exchange.over_limit_ && !exchange.answered()) return MHD_NO;
    if (!exchange.answered()) handler_.on_request(exchange);
  }
  return proceed(exchange);
}

int Server::begin(Exchange& exchange, MHD_Connection*, const char* method) {
  if (exchange.connection_->turned_away) return MHD_NO;
  if (const auto refusal = exchange.bad_framing()) {
    exchange.respond(*refusal);
    return queue(exchange);
  }
  exchange.begun_ = true;
  exchange.method_ = method;
  exchange.body_limit_ = options_.body_limit;
  handler_.on_head(exchange);
  const auto length = exchange.content_length();
  if (!length) return MHD_YES;
  if (*length > exchange.body_limit_ && !exchange.answered()) {
    exchange.over_limit_ = true;
    handler_.on_over_limit(exchange);
  }
  // An answer now means that the library closes the connection behind it. That is right if the body is never sent, or
  // is too much to read for nothing; otherwise the body is read, so that the client gets to see the answer.
  const bool expects = exchange.header("Expect").has_value();
  if (exchange.answered() && *length > 0 && (expects || *length > options_.drain_limit)) return queue(exchange);
  if (!exchange.streams_body_ && !exchange.answered()) exchange.body_.reserve(std::min<Bytes>(*length, MiB));
  return MHD_YES;
}

int Server::take(Exchange& exchange, std::string_view data) {
  exchange.received_ += data.size();
  if (!exchange.over_limit_ && !exchange.answered()) {
    if (exchange.received_ > exchange.body_limit_) {
      exchange.over_limit_ = true;
      exchange.body_ = {};
      handler_.on_over_limit(exchange);
    } else if (exchange.streams_body_) {
      handler_.on_chunk(exchange, data);
    } else {
      exchange.body_ += data;
    }
  }
  const bool dropped = exchange.over_limit_ || exchange.answered();
  return dropped && exchange.received_ > options_.drain_limit ? MHD_NO : MHD_YES;
}

int Server::proceed(Exchange& exchange) {
  switch (exchange.reply_) {
    case Exchange::Reply::drop:
      return MHD_NO;
    case Exchange::Reply::none:
      if (exchange.connection_->hung_up) return MHD_NO;
      exchange.suspended_ = true;
      MHD_suspend_connection(exchange.connection_->library);
      return MHD_YES;
    default:
      return queue(exchange);
  }
}

int Server::queue(Exchange& exchange) {
  const unsigned status = exchange.response_.status;
  MHD_Response* response = exchange.reply_ == Exchange::Reply::whole ? exchange.make_whole() : exchange.make_stream();
  exchange.queued_ = true;
  const int result = MHD_queue_response(exchange.connection_->library, status, response);
  MHD_destroy_response(response);
  return result;
}

std::int64_t Server::read_stream(Exchange& exchange, char* buffer, std::size_t size) {
  if (exchange.stream_aborted_) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (exchange.unsent() == 0 && !exchange.stream_ended_)
    guarded([&] {
      handler_.on_drained(exchange);
      return MHD_YES;
    });
  const std::size_t count = std::min(size, exchange.unsent());
  if (count > 0) {
    std::memcpy(buffer, exchange.stream_.data() + exchange.stream_sent_, count);
    exchange.stream_sent_ += count;
    if (exchange.unsent() == 0) {
      exchange.stream_.clear();
      exchange.stream_sent_ = 0;
    }
    return std::int64_t(count);
  }
  if (exchange.stream_ended_) {
    for (const Header& trailer : exchange.trailers_)
      MHD_add_response_footer(exchange.stream_response_, trailer.name.c_str(), trailer.value.c_str());
    return MHD_CONTENT_READER_END_OF_STREAM;
  }
  if (exchange.connection_->hung_up || exchange.stream_aborted_ || thrown_) return MHD_CONTENT_READER_END_WITH_ERROR;
  exchange.suspended_ = true;
  MHD_suspend_connection(exchange.connection_->library);
  return 0;
}

}  // namespace fn::http
