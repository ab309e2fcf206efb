// SPDX-License-Identifier: Apache-2.0
#include "supervisor.hpp"

#include "call_streams.hpp"
#include "exec_protocol.hpp"
#include "instance/control.hpp"
#include "lambda_protocol.hpp"
#include "sys/file.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace fn::run {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the init phase.
constexpr milliseconds init_limit = 10s;
// For the first request to somebody who was just started; then nobody is to come.
constexpr milliseconds first_call_patience = 10s;
constexpr milliseconds default_grace = 2s;
// Short calls don't wait for a file that nobody reads.
constexpr milliseconds save_delay = 5ms;
constexpr milliseconds look_interval = 10ms;
constexpr std::size_t output_read_size = 64 * 1024;

sandbox::Plan plan_of(const Blueprint& blueprint, const Assignment& assignment) {
  Blueprint prepared{.target = {}, .spec = blueprint.spec, .any_bootstrap = blueprint.any_bootstrap, .handler = {}};
  prepared.spec.idle = assignment.protocol == state::Protocol::exec;
  prepared.spec.freezer = !assignment.one_shot;
  return prepared.plan();
}

}  // namespace

Supervisor::Supervisor(Assignment assignment)
    : assignment_(std::move(assignment)),
      blueprint_(Blueprint::make(assignment_)),
      plan_(plan_of(blueprint_, assignment_)),
      folder_(instance::Directory(assignment_.where.home).create()),
      log_(folder_.fd()),
      control_(instance::listen_control(folder_.fd())),
      output_(make_output_pipe()),
      outcomes_(assignment_.where.home) {
  record_ = {.id = folder_.id(),
             .function = assignment_.function,
             .reference = assignment_.reference,
             .digest = blueprint_.target.digest.str(),
             .version = assignment_.version,
             .protocol = std::string(state::protocol_name(assignment_.protocol)),
             .key = key_of(assignment_),
             .supervisor = getpid(),
             .started_at = SystemClock().now(),
             .keep_alive = assignment_.keep_alive,
             .one_shot = assignment_.one_shot,
             .concurrency = assignment_.protocol == state::Protocol::lambda ? 1 : assignment_.concurrency,
             .memory_limit = assignment_.settings.memory.value_or(0)};
  const sys::Fd null = sys::open_file("/dev/null", O_RDWR);
  started_ = Clock::now();
  sandbox_.emplace(sandbox::Sandbox::start(plan_, {null.get(), output_.write.get(), output_.write.get()}));
  output_.write.reset();
  record_.init = sandbox_->init_pid();
  if (assignment_.protocol == state::Protocol::lambda)
    protocol_ = std::make_unique<LambdaProtocol>(assignment_, blueprint_, *sandbox_, static_cast<CallEvents&>(*this));
  else
    protocol_ =
        std::make_unique<ExecProtocol>(assignment_, blueprint_, plan_, *sandbox_, static_cast<CallEvents&>(*this));
  save(true);
}

Supervisor::~Supervisor() = default;

void Supervisor::run() {
  while (!is_over()) {
    PollSet set;
    watch(set);
    set.wait();
    serve(set);
  }
  finish();
}

void Supervisor::watch(PollSet& set) const {
  set.add(control_.get());
  for (const auto& client : clients_) client->watch(set);
  if (output_.read) set.add(output_.read.get());
  if (!end_seen_) set.add(sandbox_->end_fd());
  if (dirty_since_) set.until(*dirty_since_ + save_delay);
  if (stop_ && !broken_) set.until(stop_->kill_at);
  if (paused_at_) return;
  protocol_->watch(set);
  if (broken_) set.until(idle_since_ + first_call_patience);
  if (!ready_ && !broken_) set.until(started_ + init_limit);
  if (ready_ && pending_.empty()) {
    if (assignment_.one_shot)
      set.until(idle_since_ + first_call_patience);
    else if (assignment_.keep_alive.count() > 0)
      set.until(idle_since_ + assignment_.keep_alive);
  }
  if (plan_.wall(sandbox::Wall::memory).level == sandbox::WallState::Level::approximate)
    set.until(Clock::now() + look_interval);
}

void Supervisor::serve(const PollSet& set) {
  while (auto socket = instance::accept_control(control_.get()))
    clients_.push_back(std::make_shared<Connection>(std::move(*socket)));
  drain_output();
  if (!paused_at_) protocol_->serve(set);
  serve_clients(set);
  note_end();
  check_times();
  save(false);
}

void Supervisor::serve_clients(const PollSet& set) {
  std::erase_if(clients_, [&](const std::shared_ptr<Connection>& client) { return !client->serve(set); });
  // Requests may make the list longer.
  const std::vector<std::shared_ptr<Connection>> clients = clients_;
  for (const auto& client : clients) {
    take_requests(client);
    if (client->guest && set.is_ready(client->guest->entry->pidfd())) check_guest(*client);
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
  if (end_seen_ || !sandbox_->end()) return;
  end_seen_ = true;
  const sandbox::End& end = *sandbox_->end();
  drain_output();
  if (broken_) return;
  if (end.error) return on_broken(*end.error);
  const bool out_of_memory = out_of_memory_ || sandbox_->usage().oom_kills > 0;
  on_broken(protocol_->outcome_of(end, out_of_memory));
}

void Supervisor::check_times() {
  const SteadyTime now = Clock::now();
  if (plan_.wall(sandbox::Wall::memory).level == sandbox::WallState::Level::approximate && !out_of_memory_ &&
      sandbox_->resident() > assignment_.settings.memory.value_or(0)) {
    out_of_memory_ = true;
    sandbox_->kill();
  }
  if (stop_ && now >= stop_->kill_at) on_broken(lambda::killed(SIGKILL));
  if (paused_at_ || broken_ || stop_) return;
  if (!ready_ && now >= started_ + init_limit) on_broken(init_timed_out(init_limit));
  if (!ready_ || !pending_.empty()) return;
  const milliseconds patience = assignment_.one_shot ? first_call_patience : assignment_.keep_alive;
  if (patience.count() > 0 && now >= idle_since_ + patience) begin_stop(default_grace);
}

void Supervisor::begin_stop(milliseconds grace) {
  if (!stop_) {
    if (paused_at_) resume();
    stop_.emplace();
    set_state(instance::State::ending);
    protocol_->announce_end(grace);
    if (grace.count() > 0) protocol_->signal(SIGTERM);
  }
  // An idle sandbox of exec has nobody to wait for.
  const bool nobody = assignment_.protocol == state::Protocol::exec && pending_.empty();
  stop_->kill_at = Clock::now() + (nobody ? milliseconds(0) : grace);
}

bool Supervisor::is_over() const {
  if (!broken_) return false;
  if (Clock::now() >= idle_since_ + first_call_patience) return true;
  if (std::any_of(clients_.begin(), clients_.end(), [](const auto& each) { return each->has_unsent(); })) return false;
  // Who started it may not have asked yet.
  return stop_ || broken_told_ || record_.calls > 0;
}

void Supervisor::finish() {
  control_.reset();
  protocol_.reset();
  for (const auto& client : clients_) client->guest.reset();
  sandbox_.reset();
  if (!stop_) return;
  for (const auto& weak : stop_->clients)
    if (const auto client = weak.lock()) client->send(instance::Type::done, "{}");
}

void Supervisor::set_state(instance::State state) {
  record_.state = state;
  record_.in_flight = pending_.size();
  record_.idle_since = state == instance::State::idle ? SystemClock().now() : 0;
  if (!dirty_since_) dirty_since_ = Clock::now();
}

void Supervisor::save(bool now) {
  if (!now && (!dirty_since_ || Clock::now() < *dirty_since_ + save_delay)) return;
  dirty_since_.reset();
  folder_.write(record_);
}

}  // namespace fn::run
