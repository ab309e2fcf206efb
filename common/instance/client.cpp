// SPDX-License-Identifier: Apache-2.0
#include "instance/client.hpp"

#include "instance/control.hpp"
#include "sys/signal.hpp"

#include <cerrno>
#include <poll.h>

namespace fn::instance {
namespace {

Json parse(const Frame& frame) {
  return Json::parse(frame.payload, "answer of the instance");
}

Json array_of(const std::vector<std::string>& words) {
  Json array = Json::array();
  for (const std::string& word : words) array.push(word);
  return array;
}

}  // namespace

Client::Client(int folder) : socket_(connect_control(folder)) {}

Frame Client::receive(std::chrono::milliseconds patience) {
  for (;;) {
    if (auto frame = reader_.next()) {
      if (frame->type == Type::error) throw decode_error(frame->payload);
      return std::move(*frame);
    }
    pollfd watched{socket_.get(), POLLIN, 0};
    const int ready = poll(&watched, 1, patience.count() > 0 ? static_cast<int>(patience.count()) : -1);
    sys::check_interrupt();
    if (ready == 0) fail(Kind::timeout, "the instance does not answer");
    if (ready > 0 && !reader_.read(socket_.get())) fail(Kind::not_found, "the instance is gone");
  }
}

Json Client::simple(Type type, const Json& request, std::chrono::milliseconds patience) {
  send_frame(socket_.get(), type, request.dump());
  for (;;) {
    const Frame frame = receive(patience);
    if (frame.type == Type::done) return parse(frame);
  }
}

CallResult Client::receive_result(const Receiver& receiver) {
  for (;;) {
    const Frame frame = receive();
    if (frame.type == Type::outcome) return call_result_of(parse(frame));
    if (frame.type == Type::chunk && receiver.chunk) receiver.chunk(frame.payload);
    if (frame.type == Type::log && receiver.log) receiver.log(frame.payload);
    if (frame.type == Type::head && receiver.head) {
      const Json head = parse(frame);
      receiver.head(head.string_or("content_type", ""), head.at("streaming").as_bool());
    }
  }
}

CallResult Client::invoke(const CallRequest& request, std::string_view event, const Receiver& receiver) {
  const std::string head = to_json(request).dump();
  std::string payload;
  payload.reserve(4 + head.size() + event.size());
  for (unsigned i = 0; i < 4; ++i) payload += static_cast<char>((head.size() >> (8 * i)) & 0xff);
  payload += head;
  payload += event;
  if (payload.size() > max_frame)
    fail(Kind::usage, "the event is {} bytes long, more than an instance takes", event.size());
  send_frame(socket_.get(), Type::invoke, payload);
  return receive_result(receiver);
}

CallResult Client::wait_ready(const Receiver& receiver) {
  send_frame(socket_.get(), Type::ready, "{}");
  return receive_result(receiver);
}

Record Client::status(std::chrono::milliseconds patience) {
  return record_of(simple(Type::status, Json::object(), patience));
}

void Client::pause() {
  simple(Type::pause, Json::object());
}

void Client::resume() {
  simple(Type::resume, Json::object());
}

void Client::stop(std::chrono::milliseconds grace) {
  try {
    simple(Type::stop, Json::object().set("grace_ms", std::int64_t{grace.count()}));
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found) throw;
    // Its end is the answer.
  }
}

void Client::exec(const Command& command, const std::array<int, 3>& fds, bool terminal) {
  const Json request = Json::object()
                           .set("command", array_of(command.words))
                           .set("environment", array_of(command.environment))
                           .set("working_dir", command.working_dir)
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
  if (!open) fail(Kind::not_found, "the instance is gone");
  return std::nullopt;
}

}  // namespace fn::instance
