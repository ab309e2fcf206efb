// SPDX-License-Identifier: Apache-2.0
#include "sys/signal.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <unistd.h>

namespace fn::sys {
namespace {

constexpr std::array handled{SIGINT, SIGTERM, SIGHUP};

std::atomic<int> pending{0};
std::atomic<std::int64_t> pending_since_ms{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "the handler may only touch what needs no lock");

void on_signal(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t now_ms = std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  std::int64_t since = 0;
  if (pending_since_ms.compare_exchange_strong(since, now_ms)) {
    pending.store(signal, std::memory_order_relaxed);
  } else if (now_ms - since >= second_signal_after.count()) {
    // The user does not want to wait.
    std::signal(signal, SIG_DFL);
    raise(signal);
  }
}

}  // namespace

void install_interrupt_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : handled) sigaddset(&action.sa_mask, signal);
  // Without SA_RESTART: a read that waits for a terminal or a pipe must return, or nothing would look at the flag.
  for (const int signal : handled) {
    struct sigaction inherited {};
    sigaction(signal, nullptr, &inherited);
    // nohup and a shell's '&' start us with signals ignored, and mean it.
    if (inherited.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  // Some parents ignore SIGPIPE and forget to undo it.
  std::signal(SIGPIPE, SIG_DFL);
  // Sent to the holder of a lease when the file is opened for writing: we hold one for an instant.
  std::signal(SIGIO, SIG_IGN);
}

bool interrupt_pending() noexcept {
  return pending.load(std::memory_order_relaxed) != 0;
}

void check_interrupt() {
  if (const int signal = pending.load(std::memory_order_relaxed)) throw Interrupted{signal};
}

void die_by_signal(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal);
  // The first process of a container outlives signals that it doesn't handle.
  _exit(128 + signal);
}

}  // namespace fn::sys
