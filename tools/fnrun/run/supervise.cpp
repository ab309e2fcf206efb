// SPDX-License-Identifier: Apache-2.0
#include "run/supervise.hpp"

#include "run/terminal.hpp"
#include "sys/poll_set.hpp"

#include <csignal>
#include <memory>
#include <sys/signalfd.h>
#include <unistd.h>

namespace fn::run {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class SandboxLoop {
 public:
  SandboxLoop(sandbox::Sandbox& sandbox, const PassedSignals& signals, function::LimitWatch& limits, StreamRelay* relay,
              function::PortRelay* ports)
      : sandbox_(sandbox), signals_(signals), limits_(limits), relay_(relay), ports_(ports) {
    if (relay_ != nullptr)
      relay_->close_inside();
    else if (auto master = sandbox_.take_terminal())
      terminal_ = std::make_unique<Terminal>(std::move(*master));
  }

  call::ProcessEnd run() {
    while (!sandbox_.end()) {
      wait();
      if (sandbox_.end()) break;
      while (const auto number = signals_.next(terminal_.get())) sandbox_.signal(*number);
      if (terminal_) terminal_->move();
      if (relay_ != nullptr) relay_->move();
      if (ports_ != nullptr) ports_->run_ready();
      limits_.check(sandbox_);
    }
    if (terminal_) terminal_->drain();
    if (relay_ != nullptr) relay_->drain();
    if (ports_ != nullptr) ports_->drain();
    return limits_.end_of_command(sandbox_);
  }

 private:
  void wait() const {
    sys::PollSet set;
    set.add(sandbox_.end_fd());
    set.add(signals_.fd());
    if (terminal_) terminal_->watch(set);
    if (relay_ != nullptr) relay_->watch(set);
    if (ports_ != nullptr) set.add(ports_->poll_fd());
    set.until(limits_.next_look());
    set.wait();
  }

  sandbox::Sandbox& sandbox_;
  const PassedSignals& signals_;
  function::LimitWatch& limits_;
  StreamRelay* relay_;
  function::PortRelay* ports_;
  std::unique_ptr<Terminal> terminal_;
};

}  // namespace

PassedSignals::PassedSignals() {
  sigset_t passed;
  sigemptyset(&passed);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM, SIGCONT})
    sigaddset(&passed, signal);
  sigprocmask(SIG_BLOCK, &passed, &before_);
  fd_ = sys::Fd(sys::check(signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK), "cannot listen for signals"));
}

PassedSignals::~PassedSignals() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> PassedSignals::next(Terminal* terminal) const {
  signalfd_siginfo info{};
  while (read(fd_.get(), &info, sizeof info) == ssize_t(sizeof info)) {
    const bool is_taken = terminal != nullptr && terminal->take(info);
    if (!is_taken && info.ssi_signo != SIGWINCH) return static_cast<int>(info.ssi_signo);
  }
  return std::nullopt;
}

call::ProcessEnd supervise(sandbox::Sandbox& sandbox, const PassedSignals& signals, function::LimitWatch& limits,
                           StreamRelay* relay, function::PortRelay* ports) {
  return SandboxLoop(sandbox, signals, limits, relay, ports).run();
}

}  // namespace fn::run
