// SPDX-License-Identifier: Apache-2.0
#include "supervise.hpp"

#include "terminal.hpp"

#include <algorithm>
#include <csignal>
#include <memory>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace fn::run {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Often enough that a process can't take much more than its limit between two looks, seldom enough to cost nothing.
constexpr milliseconds look_interval{10};

class Supervisor {
 public:
  Supervisor(sandbox::Sandbox& sandbox, const PassedSignals& signals, const Watch& watch)
      : sandbox_(sandbox), signals_(signals), watch_(watch), started_(Clock::now()) {}

  Ending run() {
    if (watch_.terminal)
      if (auto master = sandbox_.take_terminal()) terminal_ = std::make_unique<Terminal>(std::move(*master));
    while (!sandbox_.end()) {
      wait();
      if (sandbox_.end()) break;
      pass_signals();
      if (terminal_) terminal_->move();
      check_limits();
    }
    if (terminal_) terminal_->drain();
    return ending();
  }

 private:
  int patience() const {
    auto left = milliseconds::max();
    if (watch_.timeout) left = std::chrono::ceil<milliseconds>(started_ + *watch_.timeout - Clock::now());
    if (watch_.approximate_memory) left = std::min(left, look_interval);
    if (left == milliseconds::max()) return -1;
    return static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 1'000'000));
  }

  void wait() const {
    std::vector<pollfd> watched{{sandbox_.end_fd(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
    if (terminal_) terminal_->watch(watched);
    poll(watched.data(), watched.size(), patience());
  }

  void pass_signals() const {
    signalfd_siginfo info{};
    while (read(signals_.fd(), &info, sizeof info) == ssize_t(sizeof info)) {
      if (info.ssi_signo != SIGWINCH)
        sandbox_.signal(static_cast<int>(info.ssi_signo));
      else if (terminal_)
        terminal_->resize();
    }
  }

  void check_limits() {
    if (watch_.timeout && Clock::now() >= started_ + *watch_.timeout) {
      timed_out_ = true;
      sandbox_.kill();
    } else if (watch_.approximate_memory && sandbox_.resident() > *watch_.approximate_memory) {
      out_of_memory_ = true;
      sandbox_.kill();
    }
  }

  Ending ending() const {
    const sandbox::End& end = *sandbox_.end();
    Ending ending;
    ending.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_);
    const bool has_status = end.how == sandbox::End::How::command_ended;
    const int status = end.record.status;
    if (has_status && WIFEXITED(status)) {
      ending.why = Ending::Why::exited;
      ending.code = WEXITSTATUS(status);
      return ending;
    }
    if (end.how == sandbox::End::How::not_started) {
      ending.why = Ending::Why::not_started;
      ending.error = end.error;
      return ending;
    }
    ending.why = has_status ? Ending::Why::killed_by_signal : Ending::Why::killed;
    ending.code = has_status ? WTERMSIG(status) : SIGKILL;
    if (timed_out_)
      ending.why = Ending::Why::timeout;
    else if (out_of_memory_ || (ending.code == SIGKILL && sandbox_.usage().oom_kills > 0))
      ending.why = Ending::Why::out_of_memory;
    return ending;
  }

  sandbox::Sandbox& sandbox_;
  const PassedSignals& signals_;
  const Watch& watch_;
  Clock::time_point started_;
  std::unique_ptr<Terminal> terminal_;
  bool timed_out_ = false;
  bool out_of_memory_ = false;
};

}  // namespace

std::string_view Ending::reason() const {
  switch (why) {
    case Why::exited:
      return "exited";
    case Why::killed_by_signal:
      return "killed_by_signal";
    case Why::timeout:
      return "timeout";
    case Why::out_of_memory:
      return "out_of_memory";
    case Why::not_started:
      return "not_started";
    case Why::killed:
      return "killed";
  }
  return "killed";
}

int Ending::exit() const {
  switch (why) {
    case Why::exited:
      return code;
    case Why::timeout:
      return static_cast<int>(Kind::timeout);
    case Why::out_of_memory:
      return 128 + SIGKILL;
    default:
      return 128 + code;
  }
}

PassedSignals::PassedSignals() {
  sigset_t passed;
  sigemptyset(&passed);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM})
    sigaddset(&passed, signal);
  sigprocmask(SIG_BLOCK, &passed, &before_);
  fd_ = sys::Fd(sys::check(signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK), "cannot listen for signals"));
}

PassedSignals::~PassedSignals() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

Ending supervise(sandbox::Sandbox& sandbox, const PassedSignals& signals, const Watch& watch) {
  return Supervisor(sandbox, signals, watch).run();
}

}  // namespace fn::run
