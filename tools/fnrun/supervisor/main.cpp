// SPDX-License-Identifier: Apache-2.0
// fn-instance: the supervisor of one instance. Not for people: fnrun starts it with what it is to run, a JSON document
// (assignment.hpp), on fd 0, and reads one line of JSON from fd 1: {"id"} or {"error"}.
#include "instance/frame.hpp"
#include "supervisor/supervisor.hpp"
#include "sys/file.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr Bytes max_assignment = 4 * MiB;

void say(const Json& line) {
  sys::write_full(STDOUT_FILENO, line.dump() + '\n', "stdout");
}

// Whoever started us waits for a child that ends at once; this one has no parent and no terminal.
void detach() {
  if (sys::check(fork(), "cannot detach") > 0) _exit(0);
  sys::check(setsid(), "cannot start a session");
}

void let_go_of_streams() {
  const sys::Fd null = sys::open_file("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), fd);
}

// Told to end by a signal, it ends as by `fnrun stop`: the destructors take all down.
void serve(const function::Assignment& assignment) {
  Supervisor supervisor(assignment);
  say(Json::object().set("id", supervisor.id()));
  let_go_of_streams();
  // Relative paths of the assignment are resolved by now.
  sys::check(chdir("/"), "cannot change to '/'");
  supervisor.run();
}

int run() {
  sys::reopen_standard_streams();
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_NAME, "fn-instance");
  detach();
  try {
    serve(function::assignment_of(Json::parse(sys::read_fd(STDIN_FILENO, "assignment", max_assignment), "assignment")));
    return 0;
  } catch (const Error& error) {
    Json line = Json::object().set("error", Json::parse(instance::encode_error(error), "error"));
    try {
      say(line);
    } catch (const Error&) {
      return static_cast<int>(error.kind());
    }
    return static_cast<int>(error.kind());
  }
}

}  // namespace
}  // namespace fn::run

int main() {
  return fn::run::run();
}
