// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace fn;

namespace {

// How a child ends that runs `body`: its exit code, or 256 + the signal that killed it.
int end_of(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    alarm(10);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int caught_signal() {
  try {
    sys::check_interrupt();
  } catch (const sys::Interrupted& interrupted) {
    return interrupted.signal;
  }
  return 0;
}

}  // namespace

TEST_CASE("the first signal is noticed at the next check, and stays noticed") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(end_of([signal] {
            sys::install_interrupt_handlers();
            if (sys::interrupt_pending() || caught_signal() != 0) return 90;
            raise(signal);
            return sys::interrupt_pending() && caught_signal() == signal ? caught_signal() : 91;
          }) == signal);
  }
}

TEST_CASE("the second signal kills at once, whichever it is") {
  CHECK(end_of([] {
          sys::install_interrupt_handlers();
          raise(SIGINT);
          std::this_thread::sleep_for(sys::second_signal_after);
          raise(SIGTERM);
          return 0;
        }) == 256 + SIGTERM);
}

TEST_CASE("a signal that is sent twice, as timeout(1) does, is one") {
  CHECK(end_of([] {
          sys::install_interrupt_handlers();
          raise(SIGINT);
          raise(SIGINT);
          raise(SIGHUP);
          return caught_signal();
        }) == SIGINT);
}

TEST_CASE("what the parent ignores stays ignored, as nohup wants it") {
  CHECK(end_of([] {
          std::signal(SIGHUP, SIG_IGN);
          sys::install_interrupt_handlers();
          raise(SIGHUP);
          return sys::interrupt_pending() ? 1 : 0;
        }) == 0);
}

TEST_CASE("a broken pipe kills silently even if the parent ignored it") {
  CHECK(end_of([] {
          std::signal(SIGPIPE, SIG_IGN);
          sys::install_interrupt_handlers();
          sys::Pipe pipe = sys::make_pipe();
          pipe.read.reset();
          sys::write_full(pipe.write.get(), "x", "pipe");
          return 0;
        }) == 256 + SIGPIPE);
}

TEST_CASE("a read that waits is interrupted") {
  CHECK(end_of([] {
          sys::install_interrupt_handlers();
          const sys::Pipe pipe = sys::make_pipe();
          const pid_t parent = getpid();
          if (fork() == 0) {
            usleep(100'000);
            kill(parent, SIGTERM);
            _exit(0);
          }
          try {
            sys::read_fd(pipe.read.get(), "pipe", 10);
          } catch (const sys::Interrupted& interrupted) {
            return interrupted.signal;
          }
          return 90;
        }) == SIGTERM);
}

TEST_CASE("a process dies by its signal, also if it was blocked") {
  CHECK(end_of([]() -> int {
          sigset_t all;
          sigfillset(&all);
          sigprocmask(SIG_BLOCK, &all, nullptr);
          sys::die_by_signal(SIGINT);
        }) == 256 + SIGINT);
}
