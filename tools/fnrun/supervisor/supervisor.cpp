// SPDX-License-Identifier: Apache-2.0
// The loop of fn-instance. One process, one thread, one sandbox; it lives exactly as long as the instance.
//
// Everything that can happen is a descriptor in one PollSet: a client connects or sends a request, the function writes,
// its protocol has something to say, the sandbox ends, a time is reached. A round of the loop takes new clients, reads
// what the function wrote, lets the protocol work, answers requests (supervisor_requests.cpp), notes the end of the
// sandbox and looks at the clock, in that order: what a function wrote before it answered reaches its caller before the
// answer does.
//
// The instance's life is told by a few members. `ready_`: calls are taken. `pending_`: calls without a result.
// `paused_at_`: all processes are frozen, and no time passes. `frozen_`: likewise between two calls (--freeze), but
// time passes; whatever needs a process thaws them first. `stop_`: no new calls; the sandbox is killed at the end of
// the grace. `broken_`: the sandbox is of no use any more, and why; it is set once, kills the sandbox and answers every
// call that waits. After that the process stays only until its clients have read their answers.
//
// Nothing here may block on a client: what one doesn't take at once waits in its Connection. And no error of one client
// or call may end the loop: it would take the function with it.
#include "supervisor/supervisor.hpp"

#include "function/call_streams.hpp"
#include "instance/control.hpp"
#include "supervisor/exec_protocol.hpp"
#include "supervisor/lambda_protocol.hpp"
#include "sys/file.hpp"
#include "sys/listen.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace fn::run {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// For the first request to someone who was just started; later there is nobody to wait for.
constexpr milliseconds first_call_patience = 10s;
constexpr milliseconds default_grace = 2s;
// Short calls don't wait for a file that nobody reads.
constexpr milliseconds save_delay = 5ms;
// A disk that is full may have room again.
constexpr milliseconds save_again = 1s;
constexpr std::size_t output_read_size = 64 * 1024;

// The listener of the Runtime API, on a free port of the host, so that any number of instances can use its network. A
// sandbox with a network of its own makes the listener itself. LambdaProtocol decides who may connect.
sys::Fd listen_for_runtime(function::Blueprint& blueprint) {
  if (blueprint.protocol != state::Protocol::lambda || blueprint.spec.network != Network::host) return {};
  sys::Fd socket = sys::listen_tcp("127.0.0.1", 0);
  blueprint.set_runtime_api_port(sys::local_port(socket.get()));
  return socket;
}

// With exec only the sandbox has to start.
milliseconds init_limit_of(const function::Blueprint& blueprint, const function::Settings& settings) {
  const milliseconds usual = state::Function{}.init_timeout;
  return blueprint.protocol == state::Protocol::lambda ? settings.init_timeout.value_or(usual) : usual;
}

// Of exec, the sandbox waits for the commands of calls.
function::Blueprint blueprint_of(const function::Assignment& assignment) {
  function::Blueprint blueprint = function::Blueprint::make(assignment);
  blueprint.spec.idle = blueprint.protocol == state::Protocol::exec;
  blueprint.spec.freezer = !assignment.one_shot;
  return blueprint;
}

}  // namespace

Supervisor::Supervisor(function::Assignment assignment)
    : assignment_(std::move(assignment)),
      blueprint_(blueprint_of(assignment_)),
      api_socket_(listen_for_runtime(blueprint_)),
      listeners_(function::listen_outside(function::published_ports(assignment_.settings))),
      plan_(blueprint_.plan()),
      init_limit_(init_limit_of(blueprint_, assignment_.settings)),
      limits_(plan_, std::nullopt),
      dir_(instance::Instances(assignment_.state.home).create()),
      log_(dir_.fd()),
      control_(instance::listen_control(dir_.fd())),
      call_log_(assignment_.state.home) {
  record_ = {.id = dir_.id(),
             .function = assignment_.function,
             .reference = assignment_.reference,
             .digest = blueprint_.target.digest.str(),
             .version = assignment_.version,
             .protocol = std::string(state::protocol_name(blueprint_.protocol)),
             .key = function::key_of(assignment_),
             .supervisor = getpid(),
             .started_at = SystemClock().now(),
             .keep_alive = assignment_.keep_alive,
             .one_shot = assignment_.one_shot,
             .concurrency = blueprint_.protocol == state::Protocol::lambda ? 1 : assignment_.concurrency,
             .memory_limit = assignment_.settings.memory.value_or(0)};
  start_sandbox();
}

Supervisor::~Supervisor() = default;

void Supervisor::open_ports(std::vector<function::Listener> listeners) {
  if (listeners.empty()) return;
  record_.published.clear();
  for (const function::Listener& each : listeners) record_.published.push_back(each.port.str());
  relay_.emplace(std::move(listeners), *sandbox_, [this](const function::PublishedPort& port) {
    log_.append(fmt::format("fnrun: {}\n", function::no_listener(port)));
  });
  if (!assignment_.debugger) return;
  relay_->be_patient(function::port_of(*assignment_.debugger));
  debugged_time_.emplace(Clock::now());
}

// Whatever is counted from a moment is counted from one that is so much later.
void Supervisor::skip(Clock::duration time) {
  const sys::SteadyTime now = Clock::now();
  if (!ready_) started_ = after_standstill(started_, time, now);
  if (init_again_since_) *init_again_since_ = after_standstill(*init_again_since_, time, now);
  idle_since_ = after_standstill(idle_since_, time, now);
  protocol_->resume(time);
}

void Supervisor::run() {
  while (!is_over()) {
    sys::PollSet set;
    watch(set);
    set.wait();
    serve(set);
  }
  finish();
}

void Supervisor::watch(sys::PollSet& set) const {
  set.add(control_.get());
  for (const auto& client : clients_) client->watch(set);
  if (output_.read) set.add(output_.read.get());
  if (!end_seen_) set.add(sandbox_->end_fd());
  if (relay_) set.add(relay_->poll_fd());
  if (relay_) set.until(relay_->next_look());
  if (save_at_) set.until(*save_at_);
  if (stop_ && !broken_) set.until(stop_->kill_at);
  if (paused_at_) return;
  protocol_->watch(set);
  if (broken_) set.until(idle_since_ + first_call_patience);
  if (!ready_ && !broken_ && init_limit_.count() > 0) set.until(started_ + init_limit_);
  if (ready_ && pending_.empty()) {
    if (assignment_.one_shot)
      set.until(idle_since_ + first_call_patience);
    else if (assignment_.keep_alive.count() > 0)
      set.until(idle_since_ + assignment_.keep_alive);
  }
  set.until(limits_.next_look());
}

void Supervisor::serve(const sys::PollSet& set) {
  if (debugged_time_) {
    const bool connected = relay_ && relay_->is_connected(function::port_of(*assignment_.debugger));
    const Clock::duration still = debugged_time_->look(Clock::now(), connected);
    if (!paused_at_) skip(still);
  }
  while (auto socket = instance::accept_control(control_.get()))
    clients_.push_back(std::make_shared<Connection>(std::move(*socket)));
  drain_output();
  if (relay_) relay_->run_ready();
  if (!paused_at_) protocol_->serve(set);
  serve_clients(set);
  note_end();
  check_times();
  if (init_failed_) init_again();
  if (ready_ && kept_call_) invoke_kept_call();
  freeze_if_idle();
  save(false);
}

void Supervisor::serve_clients(const sys::PollSet& set) {
  std::erase_if(clients_, [&](const std::shared_ptr<Connection>& client) { return !client->serve(set); });
  // Requests may make the list longer.
  const std::vector<std::shared_ptr<Connection>> clients = clients_;
  for (const auto& client : clients) {
    take_requests(client);
    if (client->shell && set.is_ready(client->shell->process->pidfd())) check_shell(*client);
  }
  // Nobody else could ever learn of this call.
  if (assignment_.one_shot && !pending_.empty() && pending_.begin()->second.client.expired() && !stop_)
    begin_stop(milliseconds(0));
}

// What the function wrote goes to whoever waits for it, before the result does.
void Supervisor::drain_output() {
  std::string bytes(output_read_size, '\0');
  const ssize_t got = output_.read ? read(output_.read.get(), bytes.data(), bytes.size()) : -1;
  if (got == 0) output_.read.reset();
  if (got <= 0) return;
  bytes.resize(static_cast<std::size_t>(got));
  on_log(pending_.empty() ? "" : pending_.begin()->first, bytes);
}

void Supervisor::note_end() {
  if (end_seen_ || init_failed_ || !sandbox_->end()) return;
  end_seen_ = true;
  const sandbox::End& end = *sandbox_->end();
  drain_output();
  if (!broken_ && end.error) on_broken(*end.error);
  if (!broken_) on_broken(protocol_->outcome_of(limits_.end_of_command(*sandbox_)));
  if (broken_ && relay_ && (record_.calls > 0 || !may_init_again(*broken_))) relay_->close_doors();
}

void Supervisor::check_times() {
  const sys::SteadyTime now = Clock::now();
  limits_.set_idle(ready_ && pending_.empty() && !has_shells());
  // Now: a protocol that sees its process gone would only know that it was killed.
  if (limits_.check(*sandbox_) == call::KillReason::out_of_memory)
    on_broken(call::out_of_memory(memory_text(limits_.limits().memory)));
  if (stop_ && now >= stop_->kill_at) on_broken(call::killed(SIGKILL));
  if (paused_at_ || broken_ || stop_) return;
  if (!ready_ && init_limit_.count() > 0 && now >= started_ + init_limit_)
    on_broken(kept_call_ && init_again_since_ && kept_call_->timeout ? call::timed_out(init_limit_)
                                                                     : call::init_timed_out(init_limit_));
  if (!ready_ || !pending_.empty()) return;
  const milliseconds patience = assignment_.one_shot ? first_call_patience : assignment_.keep_alive;
  if (patience.count() > 0 && now >= idle_since_ + patience) begin_stop(default_grace);
}

bool Supervisor::has_shells() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->shell != nullptr; });
}

// As the service does, once the runtime and all extensions have asked for more. No clock stands still: what is idle may
// wait for its next call no longer than otherwise.
void Supervisor::freeze_if_idle() {
  if (!assignment_.settings.freeze || assignment_.one_shot || frozen_ || cannot_freeze_) return;
  if (state() != instance::State::idle || !protocol_->is_at_rest() || has_shells()) return;
  try {
    sandbox_->freeze();
    frozen_ = true;
    note_state();
  } catch (const Error& error) {
    cannot_freeze_ = true;
    log_.append(fmt::format("not frozen until the next call: {}\n", error.what()));
  }
}

void Supervisor::thaw() {
  cannot_freeze_ = false;
  if (!frozen_) return;
  sandbox_->thaw();
  frozen_ = false;
  note_state();
}

void Supervisor::begin_stop(milliseconds grace) {
  if (!stop_) {
    if (paused_at_) resume();
    thaw();
    stop_.emplace();
    note_state();
    protocol_->announce_end(grace);
    if (grace.count() > 0) protocol_->signal(SIGTERM);
  }
  // An idle sandbox of exec has nobody to wait for.
  const bool nobody = blueprint_.protocol == state::Protocol::exec && pending_.empty();
  stop_->kill_at = Clock::now() + (nobody ? milliseconds(0) : grace);
}

bool Supervisor::is_over() const {
  if (!broken_) return false;
  if (Clock::now() >= idle_since_ + first_call_patience) return true;
  if (std::any_of(clients_.begin(), clients_.end(), [](const auto& each) { return each->has_unsent(); })) return false;
  // Who started it may not have asked yet.
  return stop_ || broken_told_ || record_.calls > 0;
}

// Who has sent a request by now is told that it came too late, and may try elsewhere.
void Supervisor::refuse_late_requests() {
  while (auto socket = instance::accept_control(control_.get()))
    clients_.push_back(std::make_shared<Connection>(std::move(*socket)));
  sys::PollSet set;
  for (const auto& client : clients_) client->watch(set);
  set.until(Clock::now());
  set.wait();
  serve_clients(set);
}

void Supervisor::finish() {
  refuse_late_requests();
  control_.reset();
  protocol_.reset();
  if (relay_) relay_->drain();
  for (const auto& client : clients_) client->shell.reset();
  sandbox_.reset();
  if (!stop_) return;
  for (const auto& weak : stop_->clients)
    if (const auto client = weak.lock()) client->send(instance::Type::done, "{}");
}

instance::State Supervisor::state() const {
  using instance::State;
  if (stop_ || broken_) return State::ending;
  if (paused_at_) return State::paused;
  if (!ready_) return State::starting;
  return pending_.empty() ? State::idle : State::busy;
}

// Whatever changes the state calls this, so that the record follows.
void Supervisor::note_state() {
  const instance::State before = std::exchange(record_.state, state());
  const bool is_idle = record_.state == instance::State::idle;
  record_.frozen = frozen_ && is_idle;
  record_.in_flight = pending_.size();
  if (record_.state != before) record_.idle_since = is_idle ? SystemClock().now() : 0;
  if (!save_at_) save_at_ = Clock::now() + save_delay;
}

// The first one makes the instance known. After that an old record is better than no function.
void Supervisor::save(bool now) {
  if (!now && (!save_at_ || Clock::now() < *save_at_)) return;
  try {
    dir_.write(record_);
    save_at_.reset();
    saved_in_flight_ = record_.in_flight;
    is_listed_ = true;
    cannot_save_ = false;
  } catch (const Error& error) {
    if (!is_listed_) throw;
    save_at_ = Clock::now() + save_again;
    if (!std::exchange(cannot_save_, true)) log_.append(fmt::format("fnrun: {}\n", error.what()));
  }
}

}  // namespace fn::run
