// SPDX-License-Identifier: Apache-2.0
#include "instance/frame.hpp"

#include "base/json.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace fn::instance {
namespace {

constexpr std::size_t head_size = 5;
constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t max_fds = 3;

std::uint32_t length_at(const char* bytes) {
  std::uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return length;
}

void take_fds(msghdr& message, std::vector<sys::Fd>& fds) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

std::string encode(Type type, std::string_view payload) {
  if (payload.size() > max_frame) fail(Kind::internal, "a frame of {} bytes is too long", payload.size());
  std::string bytes;
  bytes.reserve(head_size + payload.size());
  for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>((payload.size() >> (8 * i)) & 0xff);
  bytes += static_cast<char>(type);
  bytes += payload;
  return bytes;
}

bool FrameReader::read(int socket) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + read_size);
  iovec content{buffer_.data() + before, read_size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(max_fds * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  const int error = errno;
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got > 0) take_fds(message, fds_);
  if (got > 0) return true;
  if (got == 0 || error == ECONNRESET) return false;
  if (error == EAGAIN || error == EINTR) return true;
  sys::fail_errno(error, "cannot read from the control socket");
}

std::optional<Frame> FrameReader::next() {
  const std::size_t left = buffer_.size() - begin_;
  if (left < head_size) return std::nullopt;
  const std::size_t length = length_at(buffer_.data() + begin_);
  if (length > max_frame) fail(Kind::integrity, "a frame of {} bytes is too long", length);
  if (left < head_size + length) return std::nullopt;
  Frame frame;
  frame.type = static_cast<Type>(buffer_[begin_ + 4]);
  frame.payload = buffer_.substr(begin_ + head_size, length);
  // One request at a time: there are no descriptors but this one's.
  frame.fds = std::move(fds_);
  fds_.clear();
  begin_ += head_size + length;
  return frame;
}

void send_frame(int socket, Type type, std::string_view payload, std::span<const int> fds) {
  const std::string bytes = encode(type, payload);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(max_fds * sizeof(int))> control{};
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    iovec content{const_cast<char*>(bytes.data()) + sent, bytes.size() - sent};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    if (sent == 0 && !fds.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(fds.size_bytes());
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(fds.size_bytes());
      std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    const ssize_t put = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) {
      sys::check_interrupt();
      continue;
    }
    if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) fail(Kind::not_found, "the instance is gone");
    sent += static_cast<std::size_t>(sys::check(put, "cannot write to the control socket"));
  }
}

std::string encode_error(const Error& error) {
  return Json::object()
      .set("kind", int{static_cast<int>(error.kind())})
      .set("message", error.what())
      .set("hint", error.hint())
      .set("exit", error.exit())
      .set("reason", error.reason())
      .dump();
}

Error decode_error(std::string_view payload) {
  const Json json = Json::parse(payload, "error of the instance");
  return Error(static_cast<Kind>(json.at("kind").as_integer()), json.at("message").as_string(),
               json.string_or("hint", ""))
      .as(static_cast<int>(json.integer_or("exit", 0)), json.string_or("reason", ""));
}

}  // namespace fn::instance
