// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "sandbox/plan/landlock.hpp"
#include "sandbox_child.hpp"
#include "scratch.hpp"
#include "sys/raw_syscall.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

using namespace fn;
using namespace fn::sandbox;
using fn::sys::raw_syscall;
using landlock::Access;
using landlock::Request;
using landlock::Ruleset;

namespace {

// Every test here needs a kernel with landlock; the older ABIs are tried by asking for less than the kernel has.
bool has(int abi) {
  const bool enough = landlock::abi() >= abi;
  if (!enough) MESSAGE("not tried: this kernel's landlock ABI is " << landlock::abi());
  return enough;
}

// What `body` returns under the request, in a child.
template <typename Body>
int under_rules(const Request& request, const Body& body, int abi = landlock::abi()) {
  const Ruleset ruleset(request, abi);
  return in_child([&] {
    if (ruleset.restrict().step != landlock::Step::done) return 255;
    return body();
  });
}

int open_error(const std::string& path, int flags) {
  return error_number(open(path.c_str(), flags | O_CLOEXEC, 0644));
}

sockaddr_in local_port(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// A socket that listens on a port of 127.0.0.1 that was free.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = local_port(0);
    socklen_t size = sizeof address;
    REQUIRE(bind(socket_.get(), generic(address), size) == 0);
    REQUIRE(listen(socket_.get(), 8) == 0);
    REQUIRE(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  std::uint16_t port = 0;

 private:
  sys::Fd socket_;
};

int connect_error(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = local_port(port);
  return error_number(connect(fd, generic(address), sizeof address));
}

int bind_error(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = local_port(port);
  return error_number(bind(fd, generic(address), sizeof address));
}

}  // namespace

TEST_CASE("a raw system call returns its result or -errno and leaves errno alone") {
  errno = 4711;
  CHECK(raw_syscall(SYS_getpid) == getpid());
  CHECK(raw_syscall(SYS_close, -1) == -EBADF);
  CHECK(raw_syscall(SYS_openat, AT_FDCWD, "/nowhere/at/all", O_RDONLY | O_CLOEXEC, 0) == -ENOENT);
  CHECK(errno == 4711);
  // all six arguments arrive
  const long page = raw_syscall(SYS_mmap, nullptr, 4096, 3, 0x22, -1, 0);
  CHECK(page > 0);
  CHECK(raw_syscall(SYS_munmap, page, 4096) == 0);
}

TEST_CASE("landlock says what a kernel's version can't keep") {
  CHECK(landlock::missing(6).empty());
  CHECK(landlock::missing(7).empty());
  CHECK(landlock::missing(5) == std::vector<std::string_view>{"signals and abstract sockets"});
  CHECK(landlock::missing(2).front() == "truncation");
  CHECK(landlock::missing(0).front() == "file access");
  CHECK(error_of([] { Ruleset({}, 0); }) == "internal: landlock is not available");
}

TEST_CASE("landlock: reading, writing and running only where it was granted") {
  if (!has(1)) return;
  const Scratch scratch;
  scratch.write("in/file", "in");
  scratch.write("out/file", "out");
  scratch.write("lone", "lone");
  const auto at = [&](const char* name) { return scratch.path(name); };

  for (int abi = 1; abi <= landlock::abi(); ++abi) {
    CAPTURE(abi);
    const auto try_open = [&](Access access, const std::string& path, int flags) {
      return under_rules(
          {.path_rules = {{at("in"), access}}}, [&] { return open_error(path, flags); }, abi);
    };
    CHECK(try_open(Access::read, at("in/file"), O_RDONLY) == 0);
    CHECK(try_open(Access::read, at("in"), O_RDONLY | O_DIRECTORY) == 0);
    CHECK(try_open(Access::read, at("in/file"), O_WRONLY) == EACCES);
    CHECK(try_open(Access::read, at("in/new"), O_WRONLY | O_CREAT) == EACCES);
    CHECK(try_open(Access::read, at("out/file"), O_RDONLY) == EACCES);
    CHECK(try_open(Access::read, at("out"), O_RDONLY | O_DIRECTORY) == EACCES);
    CHECK(try_open(Access::read, "/etc/passwd", O_RDONLY) == EACCES);
    CHECK(try_open(Access::read_write, at("in/file"), O_RDWR | O_TRUNC) == 0);
    CHECK(try_open(Access::read_write, at("in/new"), O_WRONLY | O_CREAT) == 0);
    CHECK(try_open(Access::read_write, at("out/new"), O_WRONLY | O_CREAT) == EACCES);
    CHECK(try_open(Access::all, at("in/new"), O_RDWR) == 0);
  }
}

TEST_CASE("landlock: a right to one file, and rights to what is not there") {
  if (!has(1)) return;
  const Scratch scratch;
  scratch.write("lone", "lone");
  scratch.write("other", "other");
  const Request request{.path_rules = {{scratch.path("missing"), Access::all}, {scratch.path("lone"), Access::all}}};
  CHECK(under_rules(request, [&] { return open_error(scratch.path("lone"), O_RDWR); }) == 0);
  CHECK(under_rules(request, [&] { return open_error(scratch.path("other"), O_RDONLY); }) == EACCES);
  CHECK(under_rules(request, [&] { return open_error(scratch.path("missing"), O_WRONLY | O_CREAT); }) == EACCES);
}

TEST_CASE("landlock: what can be read can't be run, and no device is made anywhere") {
  if (!has(1)) return;
  const auto run = [](const Request& request) {
    return under_rules(request, [] {
      execl("/bin/true", "true", nullptr);
      return errno;
    });
  };
  CHECK(run({.path_rules = {{"/", Access::read_execute}}}) == 0);
  CHECK(run({.path_rules = {{"/", Access::all}}}) == 0);
  CHECK(run({.path_rules = {{"/", Access::read}}}) == EACCES);
  CHECK(run({.path_rules = {{"/", Access::read_write}}}) == EACCES);

  const Scratch scratch;
  const auto make = [&](unsigned type) {
    return under_rules({.path_rules = {{"/", Access::all}}},
                       [&] { return error_number(mknod(scratch.path("node").c_str(), type | 0600, 0)); });
  };
  CHECK(make(S_IFBLK) == EACCES);
  CHECK(make(S_IFIFO) == 0);
}

TEST_CASE("landlock: truncation, since ABI 3") {
  if (!has(3)) return;
  const Scratch scratch;
  scratch.write("file", "bytes");
  const std::string path = scratch.path("file");
  const auto cut = [&](Access access, int abi) {
    return under_rules(
        {.path_rules = {{path, access}}}, [&] { return error_number(truncate(path.c_str(), 0)); }, abi);
  };
  CHECK(cut(Access::device, 3) == EACCES);  // may write, not truncate
  CHECK(cut(Access::device, 2) == 0);
  CHECK(cut(Access::read_write, 3) == 0);
}

TEST_CASE("landlock: device control, since ABI 5") {
  if (!has(5)) return;
  const auto control = [&](Access access) {
    return under_rules({.path_rules = {{"/dev/zero", access}}}, [] {
      const int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
      int bytes = 0;
      if (fd < 0) return 254;
      return error_number(ioctl(fd, FIONREAD, &bytes));
    });
  };
  CHECK(control(Access::read_write) == EACCES);
  CHECK(control(Access::device) == ENOTTY);
}

TEST_CASE("landlock: TCP ports, since ABI 4") {
  if (!has(4)) return;
  const Listener one;
  const Listener other;
  const Request unlimited{.path_rules = {}};
  const Request none{.path_rules = {}, .bind_ports = {{}}, .connect_ports = {{}}};
  const Request some{.path_rules = {}, .bind_ports = {{0}}, .connect_ports = {{one.port}}};
  CHECK(under_rules(unlimited, [&] { return connect_error(one.port); }) == 0);
  CHECK(under_rules(none, [&] { return connect_error(one.port); }) == EACCES);
  CHECK(under_rules(
            none, [&] { return connect_error(one.port); }, 3) == 0);
  CHECK(under_rules(some, [&] { return connect_error(one.port); }) == 0);
  CHECK(under_rules(some, [&] { return connect_error(other.port); }) == EACCES);
  CHECK(under_rules(unlimited, [&] { return bind_error(0); }) == 0);
  CHECK(under_rules(none, [&] { return bind_error(0); }) == EACCES);
  CHECK(under_rules(some, [&] { return bind_error(0); }) == 0);
}

TEST_CASE("landlock: signals and abstract sockets end at the sandbox, since ABI 6") {
  if (!has(6)) return;
  const pid_t outside = getpid();
  const Request scoped{.path_rules = {}};
  const Request open{.path_rules = {}, .bind_ports = {}, .connect_ports = {}, .scoped = false};
  CHECK(under_rules(scoped, [&] { return error_number(kill(outside, 0)); }) == EPERM);
  CHECK(under_rules(scoped, [&] { return error_number(kill(getpid(), 0)); }) == 0);
  CHECK(under_rules(open, [&] { return error_number(kill(outside, 0)); }) == 0);
  CHECK(under_rules(
            scoped, [&] { return error_number(kill(outside, 0)); }, 5) == 0);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "fn-unit-" + std::to_string(outside);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const sys::Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener.get(), 8) == 0);
  const auto reach = [&] {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return error_number(connect(fd, reinterpret_cast<sockaddr*>(&address), size));
  };
  CHECK(under_rules(scoped, reach) == EPERM);
  CHECK(under_rules(open, reach) == 0);
}

TEST_CASE("landlock: every ABI up to the kernel's takes a request for everything") {
  for (int abi = 1; abi <= landlock::abi(); ++abi) {
    CAPTURE(abi);
    const Request all{.path_rules = {{"/", Access::all}, {"/dev", Access::device}, {"/dev/null", Access::device}},
                      .bind_ports = {{80}},
                      .connect_ports = {{80, 443}},
                      .audit = true};
    CHECK(under_rules(
              all, [] { return open_error("/dev/null", O_RDWR); }, abi) == 0);
  }
}

TEST_CASE("landlock: the step that failed is named") {
  if (!has(1)) return;
  const Scratch scratch;
  scratch.write("file", "");
  const Ruleset through_a_file({.path_rules = {{scratch.path("file/x"), Access::read}}}, landlock::abi());
  CHECK(in_child([&] {
          const landlock::Outcome outcome = through_a_file.restrict();
          return outcome.step == landlock::Step::open && outcome.result == -ENOTDIR ? 0 : 1;
        }) == 0);
  CHECK(landlock::step_name(landlock::Step::open) == "open a path");
  // without no_new_privs and without privileges there is no restricting
  const Ruleset plain({.path_rules = {}}, landlock::abi());
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(3);
    const landlock::Outcome outcome = plain.restrict();
    _exit(outcome.step == landlock::Step::restrict && outcome.result == -EPERM ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}
