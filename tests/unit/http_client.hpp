// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "sys/fd.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace fn {

struct Answer {
  int status = 0;  // 0: none came
  std::string head;
  std::string body;
  std::string trailers;
  bool complete = false;  // it has an end

  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A client that says exactly the bytes it is given. The server is in the same thread: while the client waits, it calls
// `turn`, which lets the server do what it can.
class RawClient {
 public:
  RawClient(std::uint16_t port, std::function<void()> turn) : turn_(std::move(turn)) {
    fd_ = sys::Fd(sys::check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sys::check(connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
  }

  // False if the server closed the connection before it took all.
  bool send(std::string_view bytes) {
    for (int idle = 0; !bytes.empty() && idle < 2000;) {
      const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno != EAGAIN) return false;
      if (count > 0) bytes.remove_prefix(std::size_t(count));
      idle = count > 0 ? 0 : idle + 1;
      turn_();
    }
    return bytes.empty();
  }

  // What arrives within some rounds of silence.
  std::string receive_more() {
    for (int idle = 0; idle < 20 && !closed_; ++idle)
      if (pull()) idle = 0;
    return std::exchange(buffer_, {});
  }

  Answer receive() {
    for (int idle = 0; idle < 1000; ++idle) {
      Answer answer;
      const std::size_t used = parse(answer);
      if (used > 0 || closed_) {
        buffer_.erase(0, used > 0 ? used : buffer_.size());
        return answer;
      }
      if (pull()) idle = 0;
    }
    return {};
  }

  Answer ask(const std::string& method, const std::string& path, const std::string& headers = {},
             std::string_view body = {}) {
    std::string text = method + ' ' + path + " HTTP/1.1\r\nHost: x\r\n" + headers;
    if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send(text + "\r\n");
    if (!body.empty()) send(body);
    return receive();
  }

  bool is_closed() {
    for (int idle = 0; idle < 50 && !closed_; ++idle) pull();
    return closed_;
  }
  void half_close() { shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

 private:
  bool pull() {
    turn_();
    pollfd waiting = {fd_.get(), POLLIN, 0};
    if (poll(&waiting, 1, 1) <= 0) return false;
    char bytes[65536];
    const ssize_t count = recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) closed_ = true;
    if (count > 0) buffer_.append(bytes, std::size_t(count));
    return count > 0;
  }

  // Bytes of the first answer in the buffer, 0 if it isn't whole yet.
  std::size_t parse(Answer& answer) const {
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    answer.head = buffer_.substr(0, end + 2);
    answer.status = std::atoi(answer.head.c_str() + 9);
    std::size_t at = end + 4;
    if (answer.header("Transfer-Encoding") != "chunked") {
      const std::size_t length = parse_uint(answer.header("Content-Length")).value_or(0);
      if (buffer_.size() < at + length) return 0;
      answer.body = buffer_.substr(at, length);
      answer.complete = true;
      return at + length;
    }
    for (;;) {
      const std::size_t line = buffer_.find("\r\n", at);
      if (line == std::string::npos) return 0;
      const std::size_t size = std::strtoul(buffer_.c_str() + at, nullptr, 16);
      if (size == 0) {
        const std::size_t last = buffer_.find("\r\n\r\n", line);
        if (last == std::string::npos) return 0;
        answer.trailers = buffer_.substr(line + 2, last - line);
        answer.complete = true;
        return last + 4;
      }
      if (buffer_.size() < line + 4 + size) return 0;
      answer.body += buffer_.substr(line + 2, size);
      at = line + 4 + size;
    }
  }

  std::function<void()> turn_;
  sys::Fd fd_;
  std::string buffer_;
  bool closed_ = false;
};

}  // namespace fn
