// SPDX-License-Identifier: Apache-2.0
// fn-pool DIRECTORY SIZE IDLE_MS
// Serves the pool of prepared network namespaces in the background. Returns when it can be asked, with 0, and also if
// another one serves there already. Holds nothing but descriptors and one socket in the directory.
#include "base/error.hpp"
#include "base/text.hpp"
#include "sandbox/pool_server.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace sys = fn::sys;
using fn::sandbox::PoolServer;

std::uint64_t number(const char* text) {
  const auto value = fn::parse_uint(text);
  if (!value || *value == 0 || *value > 86'400'000)
    fn::fail(fn::Kind::usage, "not a number: '{}'", fn::printable(text));
  return *value;
}

sys::Fd listen_for_the_end() {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ends, signal);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  return sys::Fd(sys::check(signalfd(-1, &ends, SFD_CLOEXEC), "cannot listen for signals"));
}

// Of the one who started it nothing is kept: no terminal, no streams, no directory.
void detach() {
  setsid();
  const sys::Fd null = sys::open_file("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    sys::check(dup2(null.get(), fd), "cannot detach from the standard streams");
  sys::check(chdir("/"), "cannot change to '/'");
}

void run(char** argv) {
  umask(0077);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const PoolServer::Settings settings{.size = number(argv[2]), .idle = std::chrono::milliseconds(number(argv[3]))};
  PoolServer server(argv[1]);
  const sys::Fd end = listen_for_the_end();
  const pid_t child = sys::check(fork(), "cannot start a process");
  // Without the destructors, which would take the socket away.
  if (child > 0) _exit(0);
  detach();
  server.serve(settings, end.get());
}

}  // namespace

int main(int argc, char** argv) {
  sys::reopen_standard_streams();
  if (argc != 4) return 2;
  try {
    run(argv);
    return 0;
  } catch (const fn::Error& error) {
    if (error.kind() == fn::Kind::busy) return 0;
    std::fprintf(stderr, "fn-pool: error: %s\n", error.what());
    return static_cast<int>(error.kind());
  }
}
