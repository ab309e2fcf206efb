// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "sys/process.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using sys::Process;

namespace {

std::vector<std::string> shell(const std::string& script) {
  return {"/bin/sh", "-c", script};
}

// What the script writes to stdout.
std::string output_of(const std::string& script, Process::Options options = {}) {
  sys::Pipe out = sys::make_pipe();
  options.stdout_fd = out.write.get();
  Process child = Process::spawn(shell(script), options);
  out.write.reset();
  std::string text = sys::read_fd(out.read.get(), "pipe", MiB);
  CHECK(child.wait() == 0);
  return text;
}

void make_program(const Scratch& scratch, const std::string& name) {
  scratch.write(name, "#!/bin/sh\n");
  chmod(scratch.path(name).c_str(), 0755);
}

}  // namespace

TEST_CASE("a child's end is its exit code or its signal") {
  CHECK(Process::spawn(shell("exit 0"), {}).wait() == 0);
  CHECK(Process::spawn(shell("exit 200"), {}).wait() == 200);
  CHECK(Process::spawn(shell("kill -9 $$"), {}).wait() == 256 + SIGKILL);
}

TEST_CASE("a program that can't be started is an error in the parent, with the step") {
  const Scratch scratch;
  scratch.write("text", "not a program");
  CHECK(error_of([&] { Process::spawn({scratch.path("no")}, {}); }) ==
        "failure: cannot start '" + scratch.path("no") + "': exec failed: no such file or directory");
  CHECK(error_of([&] {
          Process::spawn({scratch.path("text")}, {});
        }).starts_with("unsupported: cannot start '" + scratch.path("text") + "': exec failed: permission denied"));
  Process::Options options;
  options.stdout_fd = 1000;
  CHECK(error_of([&] { Process::spawn(shell(""), options); }) ==
        "failure: cannot start '/bin/sh': cannot connect its stdout: bad file descriptor");
}

TEST_CASE("a child gets its environment and nothing else") {
  setenv("FN_UNIT_SECRET", "x", 1);
  Process::Options options;
  options.environment = {"A=1", "B=two words"};
  CHECK(output_of("echo \"$A,$B,$FN_UNIT_SECRET\"", options) == "1,two words,\n");
  unsetenv("FN_UNIT_SECRET");
}

TEST_CASE("arguments arrive as they are") {
  sys::Pipe out = sys::make_pipe();
  Process::Options options;
  options.stdout_fd = out.write.get();
  Process child = Process::spawn({"/bin/sh", "-c", "printf '[%s]' \"$@\"", "sh", "a b", "", "*"}, options);
  out.write.reset();
  CHECK(sys::read_fd(out.read.get(), "pipe", MiB) == "[a b][][*]");
  CHECK(child.wait() == 0);
}

TEST_CASE("stdin is empty unless it is given") {
  CHECK(output_of("cat; echo end") == "end\n");
  const Scratch scratch;
  scratch.write("in", "input\n");
  const sys::Fd in = sys::open_file(scratch.path("in"), O_RDONLY);
  Process::Options options;
  options.stdin_fd = in.get();
  CHECK(output_of("cat; echo end", options) == "input\nend\n");
}

TEST_CASE("stdout and stderr can be exchanged") {
  const Scratch scratch;
  const int old_out = dup(1);
  const int old_err = dup(2);
  for (const int place : {1, 2}) {
    const sys::Fd file = sys::open_file(scratch.path(place == 1 ? "one" : "two"), O_WRONLY | O_CREAT);
    dup2(file.get(), place);
  }
  Process::Options options;
  options.stdout_fd = 2;
  options.stderr_fd = 1;
  const int code = Process::spawn(shell("echo out; echo err >&2"), options).wait();
  dup2(old_out, 1);
  dup2(old_err, 2);
  close(old_out);
  close(old_err);
  CHECK(code == 0);
  CHECK(scratch.read("one") == "err\n");
  CHECK(scratch.read("two") == "out\n");
}

TEST_CASE("no descriptor leaks into a child, not even one that we were started with") {
  const sys::Fd leaky(fcntl(1, F_DUPFD, 50));
  REQUIRE(leaky);
  CHECK(output_of("ls /proc/self/fd | sort -n | tail -n 1") == "3\n");  // the directory that ls reads
}

TEST_CASE("a child isn't born deaf to signals that our thread blocks") {
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, &before);
  const int end = Process::spawn(shell("kill -TERM $$; exit 0"), {}).wait();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(end == 256 + SIGTERM);
}

TEST_CASE("a child that nobody waits for is killed") {
  sys::Pipe out = sys::make_pipe();
  {
    Process::Options options;
    options.stdout_fd = out.write.get();
    Process child = Process::spawn({"/bin/sleep", "60"}, options);
    const Process moved(std::move(child));
    out.write.reset();
  }
  // Its end of the pipe went with it.
  CHECK(sys::read_fd(out.read.get(), "pipe", 10) == "");
}

TEST_CASE("helpers are found where FN_LIBEXEC says, and nowhere else then") {
  const Scratch scratch;
  make_program(scratch, "fn-archive");
  setenv("FN_LIBEXEC", scratch.path().c_str(), 1);
  CHECK(sys::helper_path("fn-archive") == scratch.path("fn-archive"));
  CHECK(error_of([] { sys::helper_path("fn-http"); }) ==
        "failure: helper program 'fn-http' is missing (looked for '" + scratch.path("fn-http") +
            "') (reinstall fn, or set FN_LIBEXEC to the directory that contains it)");
  unsetenv("FN_LIBEXEC");
}

TEST_CASE("without FN_LIBEXEC helpers are found beside the program") {
  unsetenv("FN_LIBEXEC");
  const std::string here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  CHECK(error_of([] { sys::helper_path("fn-no-such-helper"); }) ==
        "failure: helper program 'fn-no-such-helper' is missing (looked for '" + here +
            "/../libexec/fn/fn-no-such-helper') (reinstall fn, or set FN_LIBEXEC to the directory that contains it)");
}
