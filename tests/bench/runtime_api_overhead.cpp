// SPDX-License-Identifier: Apache-2.0
// What the Runtime API adds to an invocation: from ApiServer::invoke, with the runtime waiting in `next`, to the end of
// its response. The runtime is a process that does nothing but answer, over one kept connection. In turn with it, the
// floor: one byte to such a process and back, over TCP on loopback.
//
//   runtime-api-bench [ROUNDS [PAUSE_US]]     JSON on stdout; PAUSE_US between invocations shows an idle machine
#include "call/log_lines.hpp"
#include "lambda/api_server.hpp"
#include "sys/listen.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace fn;
using Clock = std::chrono::steady_clock;

namespace {

sys::Fd connect_to(std::uint16_t port) {
  sys::Fd fd(sys::check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sys::check(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
  const int yes = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

// Ends when the other side closes.
[[noreturn]] void run_echo(std::uint16_t port) {
  const sys::Fd fd = connect_to(port);
  char byte = 0;
  while (recv(fd.get(), &byte, 1, 0) == 1) send(fd.get(), &byte, 1, MSG_NOSIGNAL);
  _exit(0);
}

// One answer into `text`, false at the end of the connection. Small bodies only.
bool receive(int fd, std::string& text) {
  text.clear();
  char buffer[16384];
  for (;;) {
    const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    text.append(buffer, std::size_t(count));
    const std::size_t end = text.find("\r\n\r\n");
    const std::size_t length = text.find("Content-Length: ");
    if (end == std::string::npos || length == std::string::npos) continue;
    if (text.size() >= end + 4 + std::strtoul(text.c_str() + length + 16, nullptr, 10)) return true;
  }
}

[[noreturn]] void run_runtime(std::uint16_t port) {
  const sys::Fd fd = connect_to(port);
  const std::string next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string mark = "Lambda-Runtime-Aws-Request-Id: ";
  std::string text;
  std::string post;
  for (;;) {
    send(fd.get(), next.data(), next.size(), MSG_NOSIGNAL);
    if (!receive(fd.get(), text)) _exit(0);
    const std::size_t at = text.find(mark) + mark.size();
    post = "POST /2018-06-01/runtime/invocation/" + text.substr(at, 36) +
           "/response HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    send(fd.get(), post.data(), post.size(), MSG_NOSIGNAL);
    if (!receive(fd.get(), text)) _exit(0);
  }
}

template <typename Body>
pid_t start(const Body& body) {
  const pid_t pid = sys::check(fork(), "fork");
  if (pid == 0) body();
  return pid;
}

double micros(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

struct Times : lambda::Events {
  void response_finished(const std::string&) override {
    answered = Clock::now();
    ++answers;
  }
  void init_done() override { ready = true; }
  void finished(const std::string&) override { ready = true; }
  bool ready = false;
  int answers = 0;
  Clock::time_point answered;
};

std::string summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) { return values[std::size_t(double(values.size() - 1) * part)]; };
  return fmt::format(R"({{"p10_us":{:.1f},"p50_us":{:.1f},"p90_us":{:.1f},"p99_us":{:.1f}}})", at(0.1), at(0.5),
                     at(0.9), at(0.99));
}

lambda::Invocation small_event() {
  lambda::Invocation invocation;
  invocation.id = call::new_request_id();
  invocation.event = "{}";
  invocation.function_arn = "arn:aws:lambda:us-east-1:012345678912:function:test_function";
  return invocation;
}

void bench(int rounds, unsigned pause_us) {
  sys::Fd api_socket = sys::listen_tcp("127.0.0.1", 0);
  sys::Fd echo_socket = sys::listen_tcp("127.0.0.1", 0);
  const std::uint16_t api_port = sys::local_port(api_socket.get());
  const std::uint16_t echo_port = sys::local_port(echo_socket.get());
  const pid_t runtime = start([&] { run_runtime(api_port); });
  const pid_t echo = start([&] { run_echo(echo_port); });
  std::vector<double> floor;
  std::vector<double> invoke;
  double sequence = 0;
  {
    Times times;
    lambda::ApiServer server(std::move(api_socket), {}, times);
    int accepted = -1;
    while ((accepted = accept4(echo_socket.get(), nullptr, nullptr, SOCK_CLOEXEC)) < 0) usleep(100);
    const sys::Fd peer(accepted);
    const int yes = 1;
    setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto ping = [&] {
      if (pause_us > 0) usleep(pause_us);
      char byte = 'x';
      const auto begin = Clock::now();
      send(peer.get(), &byte, 1, MSG_NOSIGNAL);
      recv(peer.get(), &byte, 1, 0);
      floor.push_back(micros(Clock::now() - begin));
    };
    const auto call = [&] {
      while (!times.ready) server.run_ready(std::chrono::milliseconds(-1));
      if (pause_us > 0) usleep(pause_us);
      times.ready = false;
      lambda::Invocation invocation = small_event();
      const int before = times.answers;
      const auto begin = Clock::now();
      server.invoke(std::move(invocation));
      while (times.answers == before) server.run_ready(std::chrono::milliseconds(-1));
      invoke.push_back(micros(times.answered - begin));
    };
    for (int block = 0; block < rounds / 100; ++block) {
      for (int i = 0; i < 100; ++i) ping();
      for (int i = 0; i < 100; ++i) call();
    }
    const auto begin = Clock::now();
    for (int i = 0; i < rounds; ++i) {
      const int before = times.answers;
      server.invoke(small_event());
      while (times.answers == before) server.run_ready(std::chrono::milliseconds(-1));
    }
    sequence = micros(Clock::now() - begin) / rounds;
  }
  for (const pid_t pid : {runtime, echo}) waitpid(pid, nullptr, 0);
  fmt::print(
      R"({{"schema":"fn.bench.runtime_api/1","rounds":{},"pause_us":{},"floor":{},"invoke":{},"sequence_us":{:.1f}}})",
      rounds, pause_us, summary(floor), summary(invoke), sequence);
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(100, std::atoi(argv[1])) : 20000;
  const int pause_us = argc > 2 ? std::max(0, std::atoi(argv[2])) : 0;
  try {
    bench(rounds, unsigned(pause_us));
  } catch (const Error& error) {
    fmt::print(stderr, "runtime-api-bench: error: {}\n", error.what());
    return 3;
  }
}
