// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "instance/client.hpp"
#include "instance/control.hpp"
#include "instance/instances.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using namespace std::chrono_literals;
using instance::Client;
using instance::Frame;
using instance::Type;

namespace {

// The other side of a client: takes one connection and hands it to `body`.
class FakeSupervisor {
 public:
  using Body = std::function<void(int socket, instance::FrameReader& reader)>;
  explicit FakeSupervisor(Body body)
      : dir_(instance::Instances(scratch_.path()).create()),
        listener_(instance::listen_control(dir_.fd())),
        thread_([this, body = std::move(body)] {
          pollfd watched{listener_.get(), POLLIN, 0};
          poll(&watched, 1, 5000);
          const auto socket = instance::accept_control(listener_.get());
          instance::FrameReader reader;
          if (socket) body(socket->get(), reader);
        }) {}

  int dir() const { return dir_.fd(); }

 private:
  Scratch scratch_;
  instance::InstanceDir dir_;
  sys::Fd listener_;
  std::jthread thread_;
};

Frame next(int socket, instance::FrameReader& reader) {
  for (;;) {
    if (auto frame = reader.next()) return std::move(*frame);
    pollfd watched{socket, POLLIN, 0};
    poll(&watched, 1, 5000);
    if (!reader.read(socket)) fail(Kind::failure, "no frame");
  }
}

std::array<sys::Fd, 2> sockets() {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {sys::Fd(ends[0]), sys::Fd(ends[1])};
}

}  // namespace

TEST_CASE("frames come out as they went in, whole, in order, whatever the pieces") {
  const auto ends = sockets();
  const std::string bytes = instance::encode(Type::chunk, std::string(100000, 'x')) + instance::encode(Type::done, "") +
                            instance::encode(Type::log, "line\n");
  const std::jthread writer([&] {
    for (std::size_t at = 0; at < bytes.size(); at += 777)
      sys::write_full(ends[0].get(), std::string_view(bytes).substr(at, 777), "socket");
  });
  instance::FrameReader reader;
  CHECK(next(ends[1].get(), reader).payload == std::string(100000, 'x'));
  CHECK(next(ends[1].get(), reader).type == Type::done);
  const Frame last = next(ends[1].get(), reader);
  CHECK(last.type == Type::log);
  CHECK(last.payload == "line\n");
}

TEST_CASE("a frame that says it is longer than any is refused before it is read") {
  const auto ends = sockets();
  sys::write_full(ends[0].get(), std::string("\xff\xff\xff\xff\x01", 5), "socket");
  instance::FrameReader reader;
  reader.read(ends[1].get());
  CHECK(error_of([&] { reader.next(); }) == "integrity: frame too long: 4294967295 bytes");
}

TEST_CASE("descriptors come with their frame, closed in other programs") {
  const auto ends = sockets();
  const sys::Pipe pipe = sys::make_pipe();
  const int fds[] = {pipe.read.get(), pipe.write.get(), pipe.write.get()};
  instance::send_frame(ends[0].get(), Type::exec, "{}", fds);
  instance::FrameReader reader;
  const Frame frame = next(ends[1].get(), reader);
  REQUIRE(frame.fds.size() == 3);
  CHECK((fcntl(frame.fds[2].get(), F_GETFD) & FD_CLOEXEC) != 0);
  sys::write_full(frame.fds[1].get(), "x", "pipe");
  char byte = 0;
  CHECK(read(pipe.read.get(), &byte, 1) == 1);
}

TEST_CASE("a call goes in with its event, and log, response and result come out") {
  call::Request got;
  std::string event;
  const FakeSupervisor supervisor([&](int socket, instance::FrameReader& reader) {
    const Frame frame = next(socket, reader);
    const std::size_t length =
        static_cast<unsigned char>(frame.payload[0]) + std::size_t{static_cast<unsigned char>(frame.payload[1])} * 256;
    got = call::request_of(Json::parse(frame.payload.substr(4, length), "request"));
    event = frame.payload.substr(4 + length);
    instance::send_frame(socket, Type::log, "hello\n");
    instance::send_frame(socket, Type::head, R"({"content_type":"text/plain","streaming":true})");
    instance::send_frame(socket, Type::chunk, "one");
    instance::send_frame(socket, Type::chunk, "two");
    call::Result result;
    result.outcome = call::reported("Function.Oops", R"({"errorMessage":"no"})");
    result.request_id = got.id;
    result.duration = 1234us;
    result.init = 99us;
    result.peak_memory = 5 * MiB;
    instance::send_frame(socket, Type::outcome, to_json(result).dump());
  });
  Client client(supervisor.dir());
  std::string seen;
  const call::Receiver receiver{
      .head = [&](const std::string& type, bool streaming) { seen += type + (streaming ? "+" : "-"); },
      .chunk = [&](std::string_view bytes) { seen += bytes; },
      .log = [&](std::string_view bytes) { seen += bytes; }};
  const call::Request request{.id = "an-id", .timeout = 1500ms, .trace_id = "Root=1"};
  const call::Result result = client.invoke(request, "{\"a\":1}", receiver);
  CHECK(seen == "hello\ntext/plain+onetwo");
  CHECK(event == "{\"a\":1}");
  CHECK(got.timeout == 1500ms);
  CHECK(got.trace_id == "Root=1");
  CHECK(result.request_id == "an-id");
  CHECK(result.duration == 1234us);
  CHECK(result.init == 99us);
  CHECK(result.peak_memory == 5 * MiB);
  CHECK(result.outcome.status == call::Status::function_error);
  CHECK(result.outcome.message == "no");
  CHECK(result.outcome.body == R"({"errorMessage":"no"})");
}

TEST_CASE("an error of the instance is thrown as it was") {
  const FakeSupervisor supervisor([](int socket, instance::FrameReader& reader) {
    next(socket, reader);
    const Error error = Error(Kind::busy, "it is paused", "fnrun resume x").as(42, "paused");
    instance::send_frame(socket, Type::error, instance::encode_error(error));
  });
  Client client(supervisor.dir());
  try {
    client.pause();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::busy);
    CHECK(std::string(error.what()) == "it is paused");
    CHECK(error.hint() == "fnrun resume x");
    CHECK(error.exit() == 42);
    CHECK(error.reason() == "paused");
  }
}

TEST_CASE("a supervisor that dies in the middle, or is not there, is gone") {
  const FakeSupervisor supervisor([](int socket, instance::FrameReader& reader) { next(socket, reader); });
  Client client(supervisor.dir());
  CHECK(error_of([&] { client.resume(); }) == "not_found: the instance has ended");
  const Scratch scratch;
  const instance::InstanceDir dir = instance::Instances(scratch.path()).create();
  CHECK(error_of([&] { const Client none(dir.fd()); }) == "not_found: the instance has ended");
}

TEST_CASE("one that doesn't answer is not waited for for ever") {
  const FakeSupervisor supervisor([](int, instance::FrameReader&) { std::this_thread::sleep_for(300ms); });
  Client client(supervisor.dir());
  CHECK(error_of([&] { client.status(50ms); }) == "timeout: the instance does not respond");
}

TEST_CASE("the control socket is reached however long the path is, and by its owner alone") {
  const Scratch scratch;
  const std::string home = scratch.path(std::string(120, 'x') + '/' + std::string(120, 'y'));
  const instance::InstanceDir dir = instance::Instances(home).create();
  const sys::Fd listener = instance::listen_control(dir.fd());
  const sys::Fd client = instance::connect_control(dir.fd());
  CHECK(instance::accept_control(listener.get()));
  CHECK_FALSE(instance::accept_control(listener.get()));  // nobody else is there
  if (geteuid() != 0) return;
  // As if somebody had opened it to all.
  REQUIRE(fchmod(dir.fd(), 0777) == 0);
  REQUIRE(fchmodat(dir.fd(), "control", 0777, 0) == 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setresuid(65534, 65534, 65534) != 0) _exit(2);
    // A root process on the other side is trusted, so the client has no complaint.
    _exit(error_of([&] { const sys::Fd socket = instance::connect_control(dir.fd()); }) == "nothing" ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK_FALSE(instance::accept_control(listener.get()));
}
