// SPDX-License-Identifier: Apache-2.0
// The client's side of the control socket. One request at a time on a connection, in the caller's thread, which blocks
// until the answer is there. No wait is without an end: what the supervisor does at once it is given some seconds for,
// and while a call takes its time it is asked now and then, on a second connection, whether it is still there. Frames
// that come before the answer (head, chunk, log) go to the receiver as they are read; an `error` frame is thrown as the
// Error that it was. A signal ends the wait with sys::Interrupted, and the connection is of no use any more then: half
// a frame may be on the way. That the peer closed is `not_found`, since an instance closes only when it ends; but
// not during a call that it has read, which may have had its effects.
#include "instance/client.hpp"

#include "base/json_bytes.hpp"
#include "instance/control.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>

namespace fn::instance {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// Silence during a call after which the supervisor is asked whether it is there; doubled while it is.
constexpr milliseconds first_silence = 1s;
constexpr milliseconds longest_silence = 16s;

Json parse(const Frame& frame) {
  return Json::parse(frame.payload, "answer of the instance");
}

}  // namespace

bool is_unseen(const Error& error) {
  return error.kind() == Kind::not_found || error.kind() == Kind::busy;
}

Client::Client(int dir) : dir_(dir), socket_(connect_control(dir)) {}

// Nothing after so long without a byte.
std::optional<Frame> Client::receive_within(milliseconds patience) {
  for (;;) {
    if (auto frame = reader_.next()) {
      if (frame->type == Type::error) throw decode_error(frame->payload);
      return frame;
    }
    pollfd watched{socket_.get(), POLLIN, 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::min(patience, milliseconds(24h)).count()));
    sys::check_interrupt();
    if (ready == 0) return std::nullopt;
    if (ready <= 0 || reader_.read(socket_.get())) continue;
    if (in_call_ && !reader_.was_reset()) fail(Kind::failure, "the instance ended in the middle of the call");
    fail(Kind::not_found, "the instance has ended");
  }
}

Frame Client::receive_from_alive() {
  for (milliseconds silence = first_silence;; silence = std::min(2 * silence, longest_silence)) {
    if (auto frame = receive_within(silence)) return std::move(*frame);
    try {
      Client(dir_).status(supervisor_patience);
    } catch (const Error& error) {
      if (error.kind() != Kind::not_found) throw;  // the end is there to be read
    }
  }
}

Json Client::simple(Type type, const Json& request, milliseconds patience) {
  send_frame(socket_.get(), type, request.dump());
  for (;;) {
    const auto frame = receive_within(patience);
    if (!frame) fail(Kind::timeout, "the instance does not respond");
    if (frame->type == Type::done) return parse(*frame);
  }
}

call::Result Client::receive_result(const call::Receiver& receiver) {
  for (;;) {
    const Frame frame = receive_from_alive();
    if (frame.type == Type::outcome) return call::result_of(parse(frame));
    if (frame.type == Type::chunk && receiver.chunk) receiver.chunk(frame.payload);
    if (frame.type == Type::log && receiver.log) receiver.log(frame.payload);
    if (frame.type == Type::head && receiver.head) {
      const Json head = parse(frame);
      receiver.head(head.string_or("content_type", ""), head.at("streaming").as_bool());
    }
  }
}

call::Result Client::invoke(const call::Request& request, std::string_view event, const call::Receiver& receiver) {
  const std::string head = to_json(request).dump();
  std::string payload;
  payload.reserve(4 + head.size() + event.size());
  for (unsigned i = 0; i < 4; ++i) payload += static_cast<char>((head.size() >> (8 * i)) & 0xff);
  payload += head;
  payload += event;
  if (payload.size() > max_frame)
    fail(Kind::usage, "the event has {} bytes, more than an instance accepts", event.size());
  send_frame(socket_.get(), Type::invoke, payload);
  in_call_ = true;
  call::Result result = receive_result(receiver);
  in_call_ = false;
  return result;
}

call::Result Client::wait_ready(const call::Receiver& receiver) {
  send_frame(socket_.get(), Type::ready, "{}");
  return receive_result(receiver);
}

Record Client::status(std::chrono::milliseconds patience) {
  return record_of(simple(Type::status, Json::object(), patience));
}

void Client::pause() {
  simple(Type::pause, Json::object(), supervisor_patience);
}

void Client::resume() {
  simple(Type::resume, Json::object(), supervisor_patience);
}

void Client::stop(std::chrono::milliseconds grace) {
  try {
    simple(Type::stop, Json::object().set("grace_ms", std::int64_t{grace.count()}), grace + supervisor_patience);
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found) throw;
    // Its end is the answer.
  }
}

void Client::exec(const Command& command, const std::array<int, 3>& fds, bool terminal) {
  const Json request = Json::object()
                           .set("command", json_of_bytes(command.words))
                           .set("environment", json_of_bytes(command.environment))
                           .set("working_dir", json_of_bytes(command.working_dir))
                           .set("terminal", terminal);
  send_frame(socket_.get(), Type::exec, request.dump(), fds);
}

void Client::signal(int number) {
  send_frame(socket_.get(), Type::signal, Json::object().set("signal", number).dump());
}

std::optional<int> Client::exited() {
  const bool open = reader_.read(socket_.get());
  while (auto frame = reader_.next()) {
    if (frame->type == Type::error) throw decode_error(frame->payload);
    if (frame->type == Type::exit) return static_cast<int>(parse(*frame).at("status").as_integer());
  }
  if (!open) fail(Kind::not_found, "the instance has ended");
  return std::nullopt;
}

}  // namespace fn::instance
