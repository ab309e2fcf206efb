// SPDX-License-Identifier: Apache-2.0
// fn-serve: the endpoint of 'fnrun serve', which starts it with a listening socket and a JSON document (ServeOptions)
// on fd 0.
//
// This thread runs the loop: HTTP, signals through a signalfd (blocked before there are threads), and the mailbox, into
// which the threads of the slots (slot.cpp) put what comes of calls. No other thread touches the server or the
// endpoint. With --watch it polls what tells of changed code as well.
//
//     serving     until a signal, or the end of --for
//     draining    no new connections, calls go on; until all are over, or another signal, or the grace is over
//     cutting     instances are stopped in the middle of their calls; until all are answered
//     over        a moment for the last answers to go out
//
// A call that was taken is always answered, and the exit code says if any was cut off.
#include "base/text.hpp"
#include "call/request.hpp"
#include "cli/output.hpp"
#include "serve/endpoint.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace fn::serve {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr Bytes max_document = MiB;
// For the last answers, once all calls are over.
constexpr milliseconds last_answers{500};

// Blocked before there are threads, so that none of them is interrupted.
sys::Fd listen_for_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return sys::Fd(sys::check(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "cannot listen for signals"));
}

// Instances need descriptors as well, and a limit that is met by connections alone would stop accept(2).
unsigned most_connections() {
  constexpr rlim_t most = 1024;
  constexpr rlim_t others = 256;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return most / 2;
  return static_cast<unsigned>(std::clamp<rlim_t>(limit.rlim_cur, 2 * others, most + others) - others);
}

// Clients that don't go on with a request can't keep others out for long.
http::Server::Options server_options() {
  http::Server::Options options;
  options.connections = most_connections();
  options.body_limit = call::max_event;
  options.connection_memory = 64 * KiB;
  options.idle_timeout = std::chrono::seconds(30);
  options.request_timeout = std::chrono::minutes(5);
  options.answers_half_closed = true;
  return options;
}

class Loop {
 public:
  explicit Loop(const run::ServeOptions& options)
      : options_(options),
        signals_(listen_for_signals()),
        guard_(options.home),
        journal_(options.json, options.quiet),
        endpoint_(options, {mailbox_, journal_, guard_}),
        server_(sys::Fd(options.socket), endpoint_, server_options()) {}

  // The exit code.
  int run() {
    say_where();
    if (options_.serve_for) until_ = Clock::now() + *options_.serve_for;
    while (phase_ != Phase::over) {
      wait();
      if (signalled()) proceed();
      if (until_ && Clock::now() >= *until_) proceed();
      endpoint_.look_at_code();
      endpoint_.handle(mailbox_.take());
      server_.run_ready();
      server_.flush();
      if (phase_ != Phase::serving && !endpoint_.has_calls()) finish();
    }
    say_end();
    journal_.check();
    return endpoint_.counts().cut_off > 0 ? static_cast<int>(Kind::partial) : 0;
  }

 private:
  enum class Phase { serving, draining, cutting, over };

  void wait() {
    std::optional<milliseconds> patience = server_.timeout();
    for (const auto& deadline : {until_, endpoint_.next_look()}) {
      if (!deadline) continue;
      const auto left = std::max(std::chrono::ceil<milliseconds>(*deadline - Clock::now()), milliseconds(0));
      patience = patience ? std::min(*patience, left) : left;
    }
    constexpr milliseconds longest{3'600'000};
    pollfd watched[] = {{server_.poll_fd(), POLLIN, 0},
                        {mailbox_.fd(), POLLIN, 0},
                        {signals_.get(), POLLIN, 0},
                        {endpoint_.watch_fd(), POLLIN, 0}};  // one that is -1 is passed over
    poll(watched, std::size(watched), patience ? static_cast<int>(std::min(*patience, longest).count()) : -1);
  }

  // There was a signal, and not right after another.
  bool signalled() {
    signalfd_siginfo info{};
    bool any = false;
    while (read(signals_.get(), &info, sizeof info) == ssize_t(sizeof info)) any = true;
    const auto now = Clock::now();
    if (!any || (signalled_at_ && now - *signalled_at_ < sys::second_signal_after)) return false;
    signalled_at_ = now;
    return true;
  }

  // To the next phase: by a signal, or since the time of this one is up.
  void proceed() {
    if (phase_ == Phase::serving) {
      phase_ = Phase::draining;
      server_.stop_listening();
      endpoint_.drain();
      until_ = Clock::now() + options_.grace;
    } else if (phase_ == Phase::draining) {
      phase_ = Phase::cutting;
      endpoint_.cut_off();
      until_.reset();
    }
  }

  void finish() {
    phase_ = Phase::over;
    const auto end = Clock::now() + last_answers;
    while (endpoint_.has_requests() && Clock::now() < end) server_.run_ready(milliseconds(20));
  }

  void say_where() const {
    const std::string url = fmt::format("http://{}/{}", options_.endpoint,
                                        options_.url_events ? "" : "2015-03-31/functions/function/invocations");
    const std::string& what = options_.function.empty() ? options_.target : options_.function;
    if (options_.json)
      cli::print(Json::object()
                     .set("schema", "fnrun.serve/1")
                     .set("type", "listening")
                     .set("url", url)
                     .set("target", what)
                     .set("concurrency", options_.concurrency == 0 ? Json() : Json(options_.concurrency))
                     .dump() +
                 '\n');
    else
      cli::print(options_.quiet ? url + '\n' : fmt::format("serving '{}' on {}\n", one_safe_line(what), url));
  }

  void say_end() {
    const Endpoint::Counts& counts = endpoint_.counts();
    journal_.object(Json::object()
                        .set("type", "stopped")
                        .set("calls", counts.calls)
                        .set("failed", counts.failed)
                        .set("throttled", counts.throttled)
                        .set("cut_off", counts.cut_off));
  }

  const run::ServeOptions& options_;
  sys::Fd signals_;
  std::optional<Clock::time_point> signalled_at_;
  InstanceGuard guard_;
  Mailbox mailbox_;
  Journal journal_;
  Endpoint endpoint_;
  http::Server server_;
  Phase phase_ = Phase::serving;
  std::optional<Clock::time_point> until_;  // the end of this phase
};

int report(const Error& error, bool json) {
  const int exit = error.exit() != 0 ? error.exit() : static_cast<int>(error.kind());
  cli::say_error({.tool = "fnrun", .json = json}, error, exit);
  return exit;
}

int serve() {
  bool json = false;
  try {
    const run::ServeOptions options =
        run::serve_options_of(Json::parse(sys::read_fd(STDIN_FILENO, "stdin", max_document), "stdin"));
    json = options.json;
    return Loop(options).run();
  } catch (const Error& error) {
    return report(error, json);
  } catch (const std::exception& error) {
    return report(Error(Kind::internal, fmt::format("this is a bug in fn-serve: {}", error.what()), "please report it"),
                  json);
  }
}

}  // namespace
}  // namespace fn::serve

int main() {
  fn::sys::reopen_standard_streams();
  return fn::serve::serve();
}
