// SPDX-License-Identifier: Apache-2.0
// A connection has two sides: the outer one was accepted by a listener of ours, the inner one is a socket in the
// sandbox's network, connected to its loopback. Bytes are copied from one side to the other by plain reads and writes.
// A side is read only while nothing waits to be written to the other, so a connection holds one piece in each direction
// at most, and a slow reader slows its writer down, as without us.
//
//     connecting    to 127.0.0.1, and if nobody is there to ::1; the outer side is not read. At a patient port this is
//                   repeated, for as long as the client does not hang up
//     open          the end of one side's bytes is passed on by shutdown(2), and the other direction goes on
//     over          both have ended; or one broke off, and then the other is reset, so that half does not pass for all
//
// Everything hangs on one epoll(7) descriptor, which the caller's loop waits for beside its own. What a side waits for
// is exactly what could be done with it; one that waits for nothing is taken out, since the kernel reports a hangup
// unasked and for ever. Events name a connection by number, because one that was ended a moment ago may have more.
//
// The number of connections is limited; more of them wait in the kernel's queue of the listener.
#include "function/port_relay.hpp"

#include "sys/file.hpp"
#include "sys/listen.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fn::function {
namespace {

constexpr std::size_t most_connections = 256;
constexpr std::size_t piece = 64 * 1024;
constexpr std::chrono::milliseconds retry_pause{50};
constexpr std::chrono::seconds drain_patience{1};

// An event's number is that of a listener, below `first_connection`, or twice that of a connection, plus one for the
// inner side.
constexpr std::uint64_t first_connection = 1 << 16;

// To the sandbox's loopback: 0, EINPROGRESS or why not.
int begin_connect(int socket, bool is_ipv6, std::uint16_t port) {
  int result = 0;
  if (is_ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    result = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    result = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  return result == 0 ? 0 : errno;
}

int error_of(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void set_option(int socket, int level, int option, int value) {
  setsockopt(socket, level, option, &value, sizeof value);
}

// Its close() tells the other end that not all has come.
void reset_on_close(int socket) {
  constexpr linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

struct PortRelay::Door {
  Listener listener;
  bool is_reported = false;
  bool patient = false;
};

struct PortRelay::Side {
  sys::Fd socket;
  std::string pending;        // to be written to it
  bool ended = false;         // all of it was read
  bool shut = false;          // nothing more will be written to it
  std::uint32_t watched = 0;  // what epoll waits for; 0: it is not in there
};

struct PortRelay::Connection {
  explicit Connection(Door& its_door) : door(its_door) {}
  Door& door;
  Side outer;
  Side inner;
  sys::Fd other;  // the inner socket for the other kind of address, until one has answered
  bool is_open = false;
  bool is_ipv6 = false;  // the inner socket
  std::optional<sys::SteadyTime> retry_at;
};

std::vector<Listener> listen_outside(const std::vector<PublishedPort>& ports) {
  std::vector<Listener> listeners;
  for (PublishedPort port : ports) {
    sys::Fd socket = sys::listen_tcp(port.outside.address, port.outside.port);
    port.outside.port = sys::local_port(socket.get());
    listeners.push_back({.port = std::move(port), .socket = std::move(socket)});
  }
  return listeners;
}

PortRelay::PortRelay(std::vector<Listener> listeners, const sandbox::Sandbox& sandbox, OnNoListener on_no_listener)
    : sandbox_(sandbox),
      on_no_listener_(std::move(on_no_listener)),
      epoll_(sys::check(epoll_create1(EPOLL_CLOEXEC), "cannot wait for connections")),
      spare_(sys::open_file("/dev/null", O_RDONLY)),
      next_number_(first_connection),
      buffer_(piece, '\0') {
  for (Listener& each : listeners) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = doors_.size()}};
    sys::check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, each.socket.get(), &event), "cannot wait for connections");
    doors_.push_back({.listener = std::move(each)});
  }
}

PortRelay::~PortRelay() = default;

void PortRelay::watch_doors(bool open) const {
  for (std::size_t n = 0; n < doors_.size(); ++n) {
    epoll_event event{.events = open ? std::uint32_t{EPOLLIN} : 0U, .data = {.u64 = n}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, doors_[n].listener.socket.get(), &event);
  }
}

void PortRelay::be_patient(std::uint16_t inside) {
  for (Door& door : doors_) door.patient = door.patient || door.listener.port.inside == inside;
}

bool PortRelay::is_connected(std::uint16_t inside) const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [&](const auto& each) { return each.second->door.listener.port.inside == inside; });
}

std::optional<sys::SteadyTime> PortRelay::next_look() const {
  std::optional<sys::SteadyTime> next;
  for (const auto& [number, connection] : connections_)
    if (connection->retry_at) next = std::min(next.value_or(*connection->retry_at), *connection->retry_at);
  return next;
}

void PortRelay::run_ready() {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int n = 0; n < count; ++n) handle(events.at(static_cast<std::size_t>(n)).data.u64);
  const auto now = std::chrono::steady_clock::now();
  std::vector<Number> due;
  for (const auto& [number, connection] : connections_)
    if (connection->retry_at && *connection->retry_at <= now) due.push_back(number);
  for (const Number number : due) begin(number, *connections_.at(number));
}

void PortRelay::close_doors() {
  for (Door& door : doors_) door.listener.socket.reset();
}

std::vector<Listener> PortRelay::take_listeners() {
  connections_.clear();
  std::vector<Listener> listeners;
  for (Door& door : doors_) listeners.push_back(std::move(door.listener));
  doors_.clear();
  return listeners;
}

void PortRelay::drain() {
  close_doors();
  const auto has_more = [](const auto& each) {
    const Connection& connection = *each.second;
    return connection.is_open && !(connection.inner.ended && connection.outer.pending.empty());
  };
  const auto until = std::chrono::steady_clock::now() + drain_patience;
  while (std::any_of(connections_.begin(), connections_.end(), has_more) && std::chrono::steady_clock::now() < until) {
    sys::PollSet set;
    set.add(poll_fd());
    set.until(until);
    set.wait();
    run_ready();
  }
}

void PortRelay::handle(Number event) {
  if (event < first_connection) return take(doors_.at(event));
  const Number number = event / 2;
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if (connection.is_open)
    move(number, connection);
  else if (connection.retry_at)
    end(number);  // the client has left
  else
    connect(number, connection);
}

// One at a time, since each costs a process. Out of descriptors, the spare one is used to take a connection and close
// it: it would be announced for ever.
void PortRelay::take(Door& door) {
  if (connections_.size() >= most_connections) return;
  sys::Fd outer(accept4(door.listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!outer && (errno == EMFILE || errno == ENFILE)) {
    spare_.reset();
    outer = sys::Fd(accept4(door.listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    outer.reset();
    spare_ = sys::Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  if (!outer) return;
  sandbox::InsideSockets inside;
  try {
    inside = sandbox_.make_sockets();
  } catch (const Error&) {
    return;  // it has ended, or there is no room for more; the connection is closed
  }
  for (const sys::Fd* each : {&outer, &inside.ipv4, &inside.ipv6})
    if (*each) set_option(each->get(), IPPROTO_TCP, TCP_NODELAY, 1);
  const Number number = next_number_++;
  Connection& connection = *connections_.emplace(number, std::make_unique<Connection>(door)).first->second;
  connection.outer.socket = std::move(outer);
  connection.inner.socket = std::move(inside.ipv4);
  connection.other = std::move(inside.ipv6);
  if (connections_.size() == most_connections) watch_doors(false);
  begin(number, connection);
}

void PortRelay::begin(Number number, Connection& connection) {
  connection.retry_at.reset();
  const std::uint16_t port = connection.door.listener.port.inside;
  const int error = begin_connect(connection.inner.socket.get(), connection.is_ipv6, port);
  if (error != 0 && error != EINPROGRESS) return nobody(number, connection);
  if (!watch(number * 2, connection.outer, 0) || !watch(number * 2 + 1, connection.inner, EPOLLOUT)) end(number);
}

// The inner socket has an answer.
void PortRelay::connect(Number number, Connection& connection) {
  if (error_of(connection.inner.socket.get()) != 0) return nobody(number, connection);
  connection.is_open = true;
  connection.other.reset();
  move(number, connection);
}

void PortRelay::nobody(Number number, Connection& connection) {
  Door& door = connection.door;
  watch(number * 2 + 1, connection.inner, 0);
  if (connection.other) {
    std::swap(connection.inner.socket, connection.other);
    connection.is_ipv6 = !connection.is_ipv6;
    if (connection.is_ipv6) return begin(number, connection);
  }
  if (door.patient && watch(number * 2, connection.outer, EPOLLRDHUP)) {
    connection.retry_at = std::chrono::steady_clock::now() + retry_pause;
    return;
  }
  end(number);
  if (!door.is_reported && on_no_listener_) on_no_listener_(door.listener.port);
  door.is_reported = true;
}

void PortRelay::move(Number number, Connection& connection) {
  Side& outer = connection.outer;
  Side& inner = connection.inner;
  if (!pump(outer, inner) || !pump(inner, outer)) {
    reset_on_close(outer.socket.get());
    reset_on_close(inner.socket.get());
    return end(number);
  }
  if (outer.shut && inner.shut) return end(number);
  const auto wanted = [](const Side& side, const Side& other) {
    std::uint32_t events = 0;
    if (!side.ended && other.pending.empty()) events |= EPOLLIN;
    if (!side.pending.empty()) events |= EPOLLOUT;
    return events;
  };
  if (!watch(number * 2, outer, wanted(outer, inner)) || !watch(number * 2 + 1, inner, wanted(inner, outer)))
    end(number);
}

// Moves what there is, once. False if one of them broke off.
bool PortRelay::pump(Side& from, Side& to) {
  std::string_view bytes = to.pending;
  if (bytes.empty() && !from.ended) {
    const ssize_t got = recv(from.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && !would_block(errno)) return false;
    from.ended = got == 0;
    bytes = std::string_view(buffer_).substr(0, got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  if (!bytes.empty()) {
    const ssize_t put = send(to.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && !would_block(errno)) return false;
    to.pending = std::string(bytes.substr(put > 0 ? static_cast<std::size_t>(put) : 0));
  }
  if (from.ended && to.pending.empty() && !to.shut) {
    shutdown(to.socket.get(), SHUT_WR);
    to.shut = true;
  }
  return true;
}

// False if the kernel has no room for it.
bool PortRelay::watch(Number event, Side& side, std::uint32_t events) const {
  if (events == side.watched) return true;
  epoll_event wanted{.events = events, .data = {.u64 = event}};
  const int operation = events == 0 ? EPOLL_CTL_DEL : side.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_.get(), operation, side.socket.get(), &wanted) < 0) return false;
  side.watched = events;
  return true;
}

void PortRelay::end(Number number) {
  if (connections_.size() == most_connections) watch_doors(true);
  connections_.erase(number);
}

}  // namespace fn::function
