// SPDX-License-Identifier: Apache-2.0
#include "guard.hpp"

#include "instance/client.hpp"
#include "sys/file.hpp"

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
    const sys::Fd folder = sys::open_file(home + "/run/" + id, O_RDONLY | O_DIRECTORY);
    instance::Client(folder.get()).stop(std::chrono::milliseconds(0));
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
  std::set<std::string> living;
  char message[max_message];
  for (;;) {
    const ssize_t got = recv(own, message, sizeof message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 1) break;
    const std::string id(message + 1, std::size_t(got) - 1);
    if (message[0] == '+')
      living.insert(id);
    else
      living.erase(id);
  }
  for (const std::string& id : living) end_instance(home, id);
  _exit(0);
}

}  // namespace

Guard::Guard(const std::string& home) {
  int ends[2] = {-1, -1};
  sys::check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "cannot make a socket for the guard");
  to_ = sys::Fd(ends[0]);
  const sys::Fd from(ends[1]);
  pid_ = sys::check(fork(), "cannot start the guard of the instances");
  if (pid_ == 0) stand_by(from.get(), home);
}

Guard::~Guard() {
  to_.reset();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void Guard::tell(char what, const std::string& id) {
  const std::string message = what + id;
  // If somebody killed the guard, the instances still end with us as long as we end in peace.
  send(to_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

}  // namespace fn::serve
