// SPDX-License-Identifier: Apache-2.0
// The guard is a process forked by fn-serve, before there are threads, that ends the instances if fn-serve is killed.
// It keeps the set of those that run, by messages of fn-serve ("+ID", "-ID"), over a socket whose other end fn-serve
// alone holds. At the end of that, however it comes, it stops what is left and exits; fn-serve, if it lives, waits for
// it.
//
// It must outlive what ends fn-serve: it has a session of its own, ignores the signals that mean fn-serve, and lets go
// of its streams and of the socket that is served, since whoever waits for those would wait for the guard.
#include "serve/instance_guard.hpp"

#include "instance/client.hpp"
#include "instance/instances.hpp"

#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::serve {
namespace {

// "+3f2a77aa" or "-3f2a77aa".
constexpr std::size_t max_message = 64;

void end_instance(const std::string& home, const std::string& id) {
  try {
    const instance::RunningInstance running = instance::Instances(home).get(id);
    instance::Client(running.dir.get()).stop(std::chrono::milliseconds(0));
  } catch (const Error&) {
    // Already gone.
  }
}

[[noreturn]] void stand_by(int from, const std::string& home) {
  // Neither Ctrl-C nor whoever waits for the end of our streams is to meet this process.
  setsid();
  prctl(PR_SET_NAME, "fn-serve-guard");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  if (const int null = open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0)
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
  // The socket that is served must not stay open for us.
  constexpr int own = STDERR_FILENO + 1;
  dup2(from, own);
  syscall(SYS_close_range, unsigned{own} + 1, ~0U, 0);
  std::set<std::string> running;
  char message[max_message];
  for (;;) {
    const ssize_t got = recv(own, message, sizeof message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 1) break;
    const std::string id(message + 1, std::size_t(got) - 1);
    if (message[0] == '+')
      running.insert(id);
    else
      running.erase(id);
  }
  for (const std::string& id : running) end_instance(home, id);
  _exit(0);
}

}  // namespace

InstanceGuard::InstanceGuard(const std::string& home) {
  int ends[2] = {-1, -1};
  sys::check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "cannot create a socket for the guard");
  to_ = sys::Fd(ends[0]);
  const sys::Fd from(ends[1]);
  pid_ = sys::check(fork(), "cannot start the guard of the instances");
  if (pid_ == 0) stand_by(from.get(), home);
}

InstanceGuard::~InstanceGuard() {
  to_.reset();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void InstanceGuard::tell(char what, const std::string& id) {
  const std::string message = what + id;
  // If someone killed the guard, the instances still end with us as long as we end in peace.
  send(to_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

}  // namespace fn::serve
