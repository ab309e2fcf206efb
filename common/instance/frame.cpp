// SPDX-License-Identifier: Apache-2.0
// Frames on a stream socket (unix(7)): 4 bytes of length, little-endian and of the payload alone, 1 byte of type, the
// payload. read() takes what is there, however little, and next() gives a frame once all of it has come; a length above
// max_frame is refused as soon as it is read, before its payload is waited for.
//
// Descriptors are sent with the first byte of a frame, and the kernel hands them out with that byte. There is one
// request at a time on a connection, so all that have come when a frame is whole belong to it. They are owned from the
// moment they are received, and are closed with the frame if nobody takes them.
#include "instance/frame.hpp"

#include "base/json.hpp"
#include "sys/fd_passing.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

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

}  // namespace

std::string encode(Type type, std::string_view payload) {
  if (payload.size() > max_frame) fail(Kind::internal, "frame too long: {} bytes", payload.size());
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
  sys::ReceivedWithFds received = sys::receive_with_fds(socket, {buffer_.data() + before, read_size}, max_fds);
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(received.size, 0)));
  if (received.size > 0) {
    if (!received.is_whole) return false;
    std::move(received.fds.begin(), received.fds.end(), std::back_inserter(fds_));
    return true;
  }
  was_reset_ = received.size < 0 && received.error == ECONNRESET;
  if (received.size == 0 || was_reset_) return false;
  if (received.error == EAGAIN || received.error == EINTR) return true;
  sys::fail_errno(received.error, "cannot read from the control socket");
}

std::optional<Frame> FrameReader::next() {
  const std::size_t left = buffer_.size() - begin_;
  if (left < head_size) return std::nullopt;
  const std::size_t length = length_at(buffer_.data() + begin_);
  if (length > max_frame) fail(Kind::integrity, "frame too long: {} bytes", length);
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
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t put =
        sys::send_with_fds(socket, std::string_view(bytes).substr(sent), sent == 0 ? fds : std::span<const int>{});
    if (put < 0 && errno == EINTR) {
      sys::check_interrupt();
      continue;
    }
    if (put < 0 && errno == EAGAIN) fail(Kind::timeout, "the instance does not respond");
    if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) fail(Kind::not_found, "the instance has ended");
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
