// SPDX-License-Identifier: Apache-2.0
// The work is done in the caller's threads, which report bytes by advance(); a painter of our own draws the bar on a
// terminal, every 100 ms, and not before half a second has passed. In the other modes there is no painter: the callers
// write lines themselves.
//
// All that is written here goes to stderr under the mutex, with the bar taken away before anything else is said.
// advance() takes no lock unless a line is due, since it is called from hot loops. The painter must never get a signal:
// one that is meant to interrupt a system call of the working threads would be lost on it. If it can't be started the
// work goes on without a bar.
#include "cli/progress.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/progress_line.hpp"
#include "sys/term.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace fn::cli {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds patience{500};  // before the bar shows
constexpr std::chrono::milliseconds interval{100};  // between two pictures, or two lines of JSON
constexpr std::string_view clear_line = "\r\x1b[K";

bool can_redraw() {
  const char* terminal = std::getenv("TERM");
  return sys::is_terminal(STDERR_FILENO) && terminal && std::string_view(terminal) != "dumb";
}

// A thread that leaves signals to the others: their system calls must return EINTR. None if no thread can be started:
// the work goes on without a bar.
template <typename Body>
std::jthread thread_without_signals(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::jthread thread;
  try {
    thread = std::jthread(std::move(body));
  } catch (const std::system_error&) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

struct Progress::Impl {
  Impl(ProgressMode wanted, std::string name, bool is_quiet)
      : mode(is_quiet ? ProgressMode::none : wanted), tool(std::move(name)), quiet(is_quiet) {
    if (mode == ProgressMode::automatic && !can_redraw()) mode = ProgressMode::none;
  }

  void begin(std::string_view what, Bytes size);
  void end();
  void note(std::string_view message);
  void say_state(Steady::time_point now);
  void draw(const std::stop_token& stop);
  void take_away();

  ProgressMode mode;
  const std::string tool;
  const bool quiet;
  const Steady::time_point born = Steady::now();
  std::atomic<Bytes> bytes{0};

  std::mutex mutex;  // of all below, and of stderr
  std::optional<std::string> phase;
  Bytes total = 0;
  Steady::time_point began;
  std::atomic<Steady::time_point> said{};
  bool shown = false;  // a bar is on the terminal
  std::condition_variable_any woken;
  std::jthread painter;
};

void Progress::Impl::begin(std::string_view what, Bytes size) {
  end();
  const std::lock_guard lock(mutex);
  phase = printable(what);
  total = size;
  bytes = 0;
  began = Steady::now();
  if (mode == ProgressMode::plain) say(fmt::format("{}: {}\n", tool, *phase));
  if (mode == ProgressMode::json) say_state(began);
  if (mode == ProgressMode::automatic && !painter.joinable())
    painter = thread_without_signals([this](const std::stop_token& stop) { draw(stop); });
}

void Progress::Impl::end() {
  const std::lock_guard lock(mutex);
  take_away();
  if (!phase) return;
  const auto now = Steady::now();
  if (mode == ProgressMode::json) say_state(now);
  if (mode == ProgressMode::plain) {
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - began);
    const Bytes done = bytes;
    const std::string amount = done > 0 ? human_bytes(done) + " in " : "";
    say(fmt::format("{}: {}: done, {}{}\n", tool, *phase, amount, human_duration(spent)));
  }
  phase.reset();
}

void Progress::Impl::note(std::string_view message) {
  if (quiet) return;
  const std::lock_guard lock(mutex);
  take_away();
  if (mode == ProgressMode::json)
    say(Json::object().set("type", "note").set("message", message).dump() + '\n');
  else
    say(fmt::format("{}: note: {}\n", tool, one_safe_line(message)));
}

void Progress::Impl::say_state(Steady::time_point now) {
  said = now;
  Json line = Json::object();
  line.set("type", "progress").set("phase", *phase).set("bytes", bytes.load());
  line.set("total", total > 0 ? Json(total) : Json());
  say(line.dump() + '\n');
}

void Progress::Impl::draw(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  auto next = born + patience;
  while (!stop.stop_requested()) {
    woken.wait_until(lock, stop, next, [] { return false; });
    next = Steady::now() + interval;
    if (stop.stop_requested() || !phase) continue;
    const ProgressState state{.phase = *phase, .bytes = bytes, .total = total, .elapsed = Steady::now() - began};
    const ProgressCanvas canvas{.width = sys::terminal_width(STDERR_FILENO) - 1, .utf8 = sys::locale_is_utf8()};
    say(std::string(clear_line) + progress_line(state, canvas));
    shown = true;
  }
}

void Progress::Impl::take_away() {
  if (shown) say(clear_line);
  shown = false;
}

Progress::Progress(ProgressMode mode, std::string tool, bool quiet)
    : impl_(std::make_unique<Impl>(mode, std::move(tool), quiet)) {}

Progress::~Progress() {
  impl_->painter = {};
  impl_->take_away();
}

void Progress::phase(std::string_view what, Bytes total) {
  if (impl_->mode != ProgressMode::none) impl_->begin(what, total);
}

void Progress::advance(Bytes bytes) {
  impl_->bytes += bytes;
  if (impl_->mode != ProgressMode::json) return;
  const auto now = Steady::now();
  if (now - impl_->said.load() < interval) return;
  const std::lock_guard lock(impl_->mutex);
  // Another thread may have spoken, or ended the phase, since.
  if (impl_->phase && now - impl_->said.load() >= interval) impl_->say_state(now);
}

void Progress::finish() {
  if (impl_->mode != ProgressMode::none) impl_->end();
}

void Progress::note(std::string_view message) {
  impl_->note(message);
}

}  // namespace fn::cli
