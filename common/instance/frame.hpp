// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sys/fd.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn::instance {

// A message on the control socket of an instance, in either direction: a length (4 bytes, of the payload alone), a type
// (1 byte), the payload. Numbers are little-endian.
enum class Type : std::uint8_t {
  // Requests. Each is answered by `done` or `error` unless it says otherwise; one at a time on a connection.
  invoke = 1,  // length of the JSON (4 bytes), JSON of the call::Request, the event; answered by `outcome` or `error`
  exec = 2,    // JSON {"command", "environment", "working_dir", "terminal"} and 3 descriptors; answered by `exit`
  signal = 3,  // JSON {"signal"}, to what exec started on this connection or to the function; no answer
  pause = 4,
  resume = 5,
  stop = 6,    // JSON {"grace_ms"}; the answer comes when everything is gone
  status = 7,  // `done` has the Record
  ready = 8,   // the answer comes when the function takes calls, or can't
  // Replies.
  head = 32,     // JSON {"content_type", "streaming"}: a response begins
  chunk = 33,    // bytes of it
  log = 34,      // what the function wrote to its stdout and stderr meanwhile
  outcome = 35,  // JSON of the call::Result
  exit = 36,     // JSON {"status"}, a wait status, or {"error"}
  done = 37,     // JSON
  error = 38,    // JSON of an Error
};

// The largest payload: an event of 6 MiB and its metadata.
inline constexpr Bytes max_frame = 7 * MiB;

struct Frame {
  Type type = Type::done;
  std::string payload;
  std::vector<sys::Fd> fds;  // that came with it
};

// The bytes of a frame. Throws internal above max_frame.
std::string encode(Type type, std::string_view payload);

// Splits a stream into frames. Descriptors belong to the frame whose first byte they came with.
class FrameReader {
 public:
  // Reads once from a socket, which may be non-blocking. False at the end of the stream, and if the peer sends more
  // descriptors than any frame has. Throws failure.
  bool read(int socket);
  // The stream ended before the peer had read all that was sent to it (ECONNRESET, unix(7)).
  bool was_reset() const { return was_reset_; }
  // The next complete frame. Throws integrity for one that is too long.
  std::optional<Frame> next();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  // of the unread bytes
  bool was_reset_ = false;
  std::vector<sys::Fd> fds_;
};

// Sends a whole frame on a blocking socket, with descriptors. Throws failure; not_found if the peer is gone.
void send_frame(int socket, Type type, std::string_view payload, std::span<const int> fds = {});

// An Error as sent: {"kind", "message", "hint", "exit", "reason"}.
std::string encode_error(const Error& error);
Error decode_error(std::string_view payload);

}  // namespace fn::instance
