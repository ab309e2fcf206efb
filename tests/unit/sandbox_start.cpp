// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace sandbox = fn::sandbox;
using sandbox::End;

namespace {

// The files of this machine, read-only, with a shell as the command.
sandbox::Spec shell(const std::string& script) {
  sandbox::Spec spec;
  spec.root.directory = "/";
  spec.command = {"sh", "-c", script};
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.filter = sandbox::seccomp::compile(sandbox::seccomp::default_profile()).program;
  return spec;
}

struct Run {
  int status = -1;
  std::string out;
};

Run run(const sandbox::Spec& spec) {
  const sandbox::Plan plan = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::no));
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  const fn::sys::Fd null = fn::sys::open_file("/dev/null", O_RDONLY);
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {null.get(), pipe.write.get(), STDERR_FILENO});
  pipe.write.reset();
  Run run{.status = -1, .out = fn::sys::read_fd(pipe.read.get(), "pipe", 1 << 20)};
  const End& end = started.wait();
  if (end.error) throw fn::Error(*end.error);
  REQUIRE(end.how == End::How::command_ended);
  run.status = end.record.status;
  return run;
}

bool is_alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

}  // namespace

TEST_CASE("a command runs as the second process of its own world, and its exit code comes back") {
  const Run result = run(shell("echo $$; ls -d /proc/[0-9]* | wc -l; exit 42"));
  CHECK(WEXITSTATUS(result.status) == 42);
  CHECK(result.out.starts_with("2\n"));
}

TEST_CASE("it has no capability in any set, no way to get one, and a filter") {
  const Run result = run(shell("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t\\n'"));
  CHECK(result.out ==
        "CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000"
        "CapAmb:0000000000000000NoNewPrivs:1Seccomp:2");
}

TEST_CASE("its devices are devices") {
  CHECK(run(shell("for d in null zero full random urandom; do test -c /dev/$d && echo $d; done; test -c /proc/keys && "
                  "cat /proc/keys"))
            .out == "null\nzero\nfull\nrandom\nurandom\n");
}

TEST_CASE("it inherits fds 0 to 2 and nothing else") {
  const fn::sys::Fd extra(open("/etc/passwd", O_RDONLY));  // not close-on-exec
  const Run result = run(
      shell("for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 99; do test -e /proc/$$/fd/$n && echo $n; done"));
  CHECK(result.out == "0\n1\n2\n");
}

TEST_CASE("the root is read-only, or forgets what was written to it") {
  CHECK(WEXITSTATUS(run(shell("echo x >/fn-test-file")).status) != 0);
  // A directory with mounts below it, as "/" is, can't be made writable: overlayfs does not take it.
  const fn::sys::TempDir root("/tmp", "fn-start-");
  REQUIRE(mkdir((root.path() + "/bin").c_str(), 0755) == 0);
  if (access("/bin/busybox", X_OK) != 0) {
    MESSAGE("left out: no busybox");
    return;
  }
  std::filesystem::copy_file("/bin/busybox", root.path() + "/bin/sh");
  sandbox::Spec spec = shell("echo x >/fn-test-file && read word </fn-test-file && echo $word");
  spec.root.directory = root.path();
  spec.writable = true;
  CHECK(run(spec).out == "x\n");
  CHECK(access((root.path() + "/fn-test-file").c_str(), F_OK) != 0);
}

TEST_CASE("what goes wrong on the way says which step, and what a missing program is") {
  sandbox::Spec spec = shell("");
  spec.command = {"fn-no-such-program"};
  CHECK_THROWS_WITH_AS(run(spec), "program 'fn-no-such-program' not found in the sandbox", fn::Error);
  spec.command = {"/etc/passwd"};
  CHECK_THROWS_WITH_AS(run(spec), "program '/etc/passwd' is not executable", fn::Error);
  spec = shell("");
  spec.working_dir = "/etc/passwd";
  CHECK_THROWS_WITH_AS(run(spec), "cannot set up the sandbox: working directory /etc/passwd: Not a directory",
                       fn::Error);
}

TEST_CASE("with the command everything ends: detached, in other sessions, deaf to signals") {
  const sandbox::Plan plan = sandbox::make_plan(
      shell("trap '' TERM HUP; for i in 1 2 3; do setsid sh -c 'trap \"\" TERM; sleep 60' & done; exit 0"),
      sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  const pid_t init = started.init_pid();
  CHECK(started.wait().how == End::How::command_ended);
  { const sandbox::Sandbox gone = std::move(started); }
  CHECK_FALSE(is_alive(init));
}

TEST_CASE("kill() leaves nobody, and says so only then") {
  const sandbox::Plan plan =
      sandbox::make_plan(shell("sleep 60 & sleep 60"), sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  started.kill();
  CHECK(started.wait().how == End::How::killed);
}

TEST_CASE("a signal reaches the command") {
  const sandbox::Plan plan = sandbox::make_plan(shell("trap 'exit 9' TERM; while :; do sleep 0.01; done"),
                                                sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  for (int i = 0; i < 200 && !started.end(); ++i) {
    started.signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Before its trap is set the signal has its own effect.
  const int status = started.wait().record.status;
  CHECK((WIFEXITED(status) ? WEXITSTATUS(status) == 9 : WTERMSIG(status) == SIGTERM));
}

TEST_CASE("a listener of its loopback is handed out, and a terminal") {
  sandbox::Spec spec = shell("test -t 0 && test -t 1 && echo terminal; sleep 60");
  spec.network = fn::Network::loopback;
  spec.listen_port = 9001;
  const sandbox::Plan plan = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  const auto listener = started.take_listener();
  REQUIRE(listener);
  int listening = 0;
  socklen_t size = sizeof listening;
  CHECK(getsockopt(listener->get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0);
  CHECK(listening == 1);

  spec.listen_port.reset();
  spec.terminal = true;
  const sandbox::Plan with_terminal = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox second = sandbox::Sandbox::start(with_terminal, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  const auto master = second.take_terminal();
  REQUIRE(master);
  char text[32] = {};
  REQUIRE(read(master->get(), text, sizeof text) > 0);
  CHECK(std::string(text).starts_with("terminal"));
}

TEST_CASE("another command enters, behind the same walls") {
  sandbox::Spec spec = shell("");
  spec.idle = true;
  const sandbox::Plan plan = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  const sandbox::Plan exec_plan =
      sandbox::plan_exec(plan,
                         {"sh", "-c",
                          // The second process has built the root, and is gone in a moment.
                          "while [ -e /proc/2 ]; do sleep 0.01; done; echo /proc/[0-9]*; grep -c '^CapEff:.0*$' "
                          "/proc/self/status; grep Seccomp: /proc/self/status; exit 3"},
                         spec.environment, "/");
  sandbox::ExecProcess process(exec_plan, started.exec_target(), {STDIN_FILENO, pipe.write.get(), STDERR_FILENO}, -1);
  pipe.write.reset();
  const std::string out = fn::sys::read_fd(pipe.read.get(), "pipe", 1 << 20);
  pollfd watched{process.pidfd(), POLLIN, 0};
  REQUIRE(poll(&watched, 1, 5000) == 1);
  const auto end = process.end();
  REQUIRE(end);
  CHECK(WEXITSTATUS(end->status) == 3);
  CHECK(out.starts_with("/proc/1 /proc/3\n"));
  CHECK(out.ends_with("1\nSeccomp:\t2\n"));
}

TEST_CASE("processes are frozen and thawed without a freezer too") {
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  const sandbox::Plan plan = sandbox::make_plan(shell("while :; do echo x; sleep 0.01; done"),
                                                sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, pipe.write.get(), STDERR_FILENO});
  char byte[4096];
  REQUIRE(read(pipe.read.get(), byte, sizeof byte) > 0);
  started.freeze();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  while (read(pipe.read.get(), byte, sizeof byte) > 0) continue;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(read(pipe.read.get(), byte, sizeof byte) < 0);
  started.thaw();
  pollfd watched{pipe.read.get(), POLLIN, 0};
  CHECK(poll(&watched, 1, 2000) == 1);
}
