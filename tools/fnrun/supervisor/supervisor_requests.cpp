// SPDX-License-Identifier: Apache-2.0
// What clients of the control socket ask for, and what they are told. All of it runs in the supervisor's one thread,
// between two polls. Nothing here waits for a client or for an answer of the function; only a pause and a kill wait,
// until all processes stand still or are gone.
//
// A call is in `pending_` from invoke until its result. The client gets log frames, perhaps a head and chunks, and then
// one outcome or error; what the function wrote before it answered is sent before the outcome. Clients are held weakly:
// one that hangs up loses its answer, but the call goes on and is recorded (a one-shot instance is stopped, since
// nobody else could learn of it). An Error that a request causes is that client's alone.
//
// `broken_` is set once, by on_broken(), which kills the sandbox and answers every call that is pending. From then on
// invoke and ready are answered with the reason, and nothing reaches the function. A pause stops the clocks of the
// start, of calls and of idleness: resume() moves every moment that something is counted from by the time that passed.
#include "base/json_bytes.hpp"
#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"
#include "supervisor/supervisor.hpp"

#include <csignal>
#include <utility>

namespace fn::run {
namespace {

using instance::Type;
using std::chrono::milliseconds;

constexpr std::size_t max_early_output = 64 * KiB;

Json parse(std::string_view payload) {
  return Json::parse(payload, "request", Kind::usage, instance::max_frame);
}

}  // namespace

void Supervisor::take_requests(const std::shared_ptr<Connection>& client) {
  try {
    while (auto frame = client->next()) handle(client, std::move(*frame));
  } catch (const Error& error) {
    client->send_error(error);
    if (error.kind() == Kind::integrity) client->end();
  }
}

void Supervisor::handle(const std::shared_ptr<Connection>& client, instance::Frame frame) {
  switch (frame.type) {
    case Type::invoke:
      return handle_invoke(client, frame.payload);
    case Type::ready:
      return handle_ready(client);
    case Type::exec:
      return handle_exec(*client, frame);
    case Type::signal:
      return handle_signal(*client, frame.payload);
    case Type::pause:
      pause();
      return client->send(Type::done, "{}");
    case Type::resume:
      if (!paused_at_) fail(Kind::usage, "instance '{}' is not paused", id());
      resume();
      return client->send(Type::done, "{}");
    case Type::stop:
      begin_stop(milliseconds(parse(frame.payload).at("grace_ms").as_integer()));
      stop_->clients.push_back(client);
      return;
    case Type::status:
      return client->send(Type::done, to_json(current()).dump());
    default:
      fail(Kind::usage, "unknown request {}", static_cast<int>(frame.type));
  }
}

void Supervisor::handle_invoke(const std::shared_ptr<Connection>& client, const std::string& payload) {
  if (payload.size() < 4) fail(Kind::usage, "request too short");
  std::size_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= std::size_t{static_cast<unsigned char>(payload[i])} << (8 * i);
  if (length > payload.size() - 4) fail(Kind::usage, "request too short");
  Call call;
  call.request = call::request_of(parse(std::string_view(payload).substr(4, length)));
  call.event = payload.substr(4 + length);
  call.id = call.request.id.empty() ? call::new_request_id() : call.request.id;
  call.timeout = call.request.timeout ? call.request.timeout : assignment_.settings.timeout;
  if (call.timeout && call.timeout->count() == 0) call.timeout.reset();

  if (stop_ || (broken_ && record_.calls > 0)) fail(Kind::not_found, "the instance has ended");
  if (broken_ && !may_init_again(*broken_)) return answer_broken(client, call.id);
  if (paused_at_) fail_hint(Kind::busy, fmt::format("fnrun resume {}", id()), "instance '{}' is paused", id());
  if (pending_.contains(call.id)) fail(Kind::usage, "request id '{}' is already in use", printable(call.id));
  if (record_.concurrency > 0 && pending_.size() >= record_.concurrency) {
    const call::Outcome busy{call::Status::throttled,
                             "TooManyRequestsException",
                             fmt::format("instance '{}' is busy with another call", id()),
                             0,
                             {}};
    return client->send(Type::outcome, to_json(result_of(call.id, busy)).dump());
  }
  thaw();
  const std::string request_id = call.id;
  const bool is_first = record_.calls == 0;
  pending_[request_id] = {client, call.timeout, call.request.details, std::chrono::system_clock::now()};
  if (blueprint_.protocol == state::Protocol::lambda && !ready_) kept_call_ = call;
  const bool is_late = broken_.has_value();  // the init failed before its call came
  if (is_late) init_failed_ = true;
  broken_.reset();
  try {
    if (!is_late) protocol_->invoke(std::move(call));
  } catch (const Error&) {
    kept_call_.reset();
    pending_.erase(request_id);
    throw;
  }
  ++record_.calls;
  note_state();
  if (is_first && !early_output_.empty()) client->send_log(std::exchange(early_output_, {}));
}

void Supervisor::handle_ready(const std::shared_ptr<Connection>& client) {
  if (broken_) return answer_broken(client, "");
  if (ready_) return client->send(Type::outcome, to_json(result_of("", {})).dump());
  waiting_ready_.push_back(client);
}

void Supervisor::handle_exec(Connection& client, const instance::Frame& frame) {
  if (broken_ || stop_) fail(Kind::not_found, "the instance has ended");
  if (paused_at_) fail_hint(Kind::busy, fmt::format("fnrun resume {}", id()), "instance '{}' is paused", id());
  thaw();
  if (client.shell) fail(Kind::busy, "a command is already running on this connection");
  if (frame.fds.size() != 3) fail(Kind::usage, "a command needs 3 descriptors");
  const Json request = parse(frame.payload);
  std::vector<std::string> environment = blueprint_.spec.environment;
  for (std::string& variable : list_of_bytes(request.at("environment"))) environment.push_back(std::move(variable));
  std::string working_dir = bytes_of(request.at("working_dir"));
  if (working_dir.empty()) working_dir = blueprint_.spec.working_dir;
  auto shell = std::make_unique<ShellSession>();
  shell->plan = sandbox::plan_exec(plan_, list_of_bytes(request.at("command")), std::move(environment), working_dir);
  const std::array<int, 3> fds{frame.fds[0].get(), frame.fds[1].get(), frame.fds[2].get()};
  shell->process = std::make_unique<sandbox::ExecProcess>(shell->plan, sandbox_->exec_target(), fds,
                                                          request.at("terminal").as_bool() ? fds[0] : -1);
  client.shell = std::move(shell);
}

void Supervisor::check_shell(Connection& client) {
  try {
    const auto record = client.shell->process->end();
    if (!record) return;
    client.shell.reset();
    client.send(Type::exit, Json::object().set("status", int{record->status}).dump());
  } catch (const Error& error) {
    client.shell.reset();
    client.send_error(error);
  }
}

void Supervisor::handle_signal(const Connection& client, const std::string& payload) {
  const std::int64_t asked = parse(payload).at("signal").as_integer();
  if (asked <= 0 || asked >= NSIG) fail(Kind::usage, "{} is not a signal", asked);
  const int number = static_cast<int>(asked);
  if (client.shell)
    client.shell->process->signal(number);
  else
    protocol_->signal(number);
}

// Where connections are to be drained, that comes first.
void Supervisor::pause() {
  if (broken_ || stop_) fail(Kind::not_found, "the instance has ended");
  if (paused_at_) return;
  if (!std::exchange(frozen_, false)) sandbox_->freeze();
  paused_at_ = Clock::now();
  note_state();
  save(true);
}

void Supervisor::resume() {
  sandbox_->thaw();
  const Clock::duration paused = Clock::now() - *paused_at_;
  paused_at_.reset();
  skip(paused);
  note_state();
  save(true);
}

instance::Record Supervisor::current() const {
  instance::Record record = record_;
  record.command = broken_ ? 0 : protocol_->command_pid();
  return record;
}

void Supervisor::on_ready() {
  ready_ = true;
  // A second init is part of its call.
  if (!init_again_since_) {
    init_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_);
    kept_call_.reset();
  }
  idle_since_ = Clock::now();
  note_state();
  for (const auto& weak : std::exchange(waiting_ready_, {}))
    if (const auto client = weak.lock()) client->send(Type::outcome, to_json(result_of("", {})).dump());
}

// None if it went away, or if the call has its result.
std::shared_ptr<Connection> Supervisor::client_of(const std::string& call) const {
  const auto pending = pending_.find(call);
  return pending == pending_.end() ? nullptr : pending->second.client.lock();
}

void Supervisor::on_head(const std::string& call, const std::string& content_type, bool streaming) {
  if (const auto client = client_of(call))
    client->send(Type::head, Json::object().set("content_type", content_type).set("streaming", streaming).dump());
}

void Supervisor::on_chunk(const std::string& call, std::string_view bytes) {
  const auto client = client_of(call);
  constexpr std::size_t size = 1 * MiB;
  for (; client && !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
    client->send(Type::chunk, bytes.substr(0, size));
}

void Supervisor::on_log(const std::string& call, std::string_view bytes) {
  log_.append(bytes);
  if (const auto client = client_of(call)) {
    client->send_log(bytes);
  } else if (record_.calls == 0) {
    early_output_ += bytes.substr(0, max_early_output - std::min(early_output_.size(), max_early_output));
  }
}

// Others count the calls in flight of a function by what the records say. So the record has one call less before its
// caller, who may send the next one at once, has the answer.
void Supervisor::forget_call(const std::string& call) {
  pending_.erase(call);
  note_state();
  if (saved_in_flight_ > record_.in_flight) save(true);
}

void Supervisor::on_result(const std::string& call, const call::Outcome& outcome, std::chrono::microseconds duration) {
  const auto found = pending_.find(call);
  if (found == pending_.end()) return;
  // What it wrote before it answered comes before the answer.
  drain_output();
  call::Result result = result_of(call, outcome);
  result.duration = duration;
  if (init_again_since_ && !init_told_)
    result.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - *init_again_since_);
  result.timeout = found->second.timeout.value_or(milliseconds(0));
  result.instance_ended = result.instance_ended || assignment_.one_shot || outcome.status == call::Status::timeout;
  if (found->second.details) {
    result.walls = sandbox::to_json(sandbox_->walls());
    result.timing = sandbox::to_json(sandbox_->timing());
  }
  if (!init_told_) result.init = init_;
  init_told_ = true;
  const std::weak_ptr<Connection> caller = found->second.client;
  const auto at = found->second.at;
  idle_since_ = Clock::now();
  forget_call(call);
  if (const auto client = caller.lock()) client->send(Type::outcome, to_json(result).dump());
  call_log_.record({assignment_.function, blueprint_.target.digest, assignment_.one_shot ? "" : id()}, result, at);
  if (assignment_.one_shot && !stop_) begin_stop(protocol_->grace_of_extensions());
}

call::Result Supervisor::result_of(const std::string& call, const call::Outcome& outcome) const {
  call::Result result;
  result.outcome = outcome;
  result.request_id = call;
  result.memory_limit = assignment_.settings.memory.value_or(0);
  result.version = assignment_.version;
  result.instance_ended = broken_.has_value();
  const sandbox::Sandbox::Usage usage = sandbox_->usage();
  result.peak_memory = usage.peak_memory;
  result.peak_is_approximate = usage.peak_is_approximate;
  if (!result.peak_memory && !broken_) {
    result.peak_memory = sandbox_->footprint().resident;
    result.peak_is_approximate = true;
  }
  return result;
}

void Supervisor::on_broken(Reason reason) {
  if (broken_ || init_failed_) return;
  note_failed_init(reason);
  if (kept_call_ && may_init_again(reason)) {
    init_failed_ = true;
    sandbox_->kill();
    return;
  }
  broken_ = std::move(reason);
  note_state();
  idle_since_ = Clock::now();
  if (!sandbox_->end()) sandbox_->kill();
  fail_pending();
}

// A call that the function never saw is none of what became of this instance, unless it is the one that the instance
// was started for: another instance would do no better. Its caller gets not_found, as one that comes a moment later.
bool Supervisor::may_go_elsewhere(const std::string& id) const {
  return !protocol_->is_delivered(id) && (stop_ || record_.calls > 1);
}

void Supervisor::fail_pending() {
  drain_output();
  for (const auto& weak : std::exchange(waiting_ready_, {}))
    if (const auto client = weak.lock()) answer_broken(client, "");
  const std::map<std::string, Pending> pending = pending_;
  const bool is_error = std::holds_alternative<Error>(*broken_);
  for (const auto& [call, waiting] : pending) {
    if (may_go_elsewhere(call)) {
      forget_call(call);
      if (const auto client = waiting.client.lock())
        client->send_error(Error(Kind::not_found, "the instance has ended"));
      continue;
    }
    if (!is_error) {
      on_result(call, std::get<call::Outcome>(*broken_), protocol_->elapsed(call));
      continue;
    }
    forget_call(call);
    if (const auto client = waiting.client.lock()) answer_broken(client, call);
    call_log_.record_no_start({assignment_.function, blueprint_.target.digest, id()});
  }
}

// Nobody else is to be answered: whoever comes later starts another instance.
void Supervisor::answer_broken(const std::shared_ptr<Connection>& client, const std::string& call) {
  broken_told_ = true;
  if (!early_output_.empty()) client->send_log(std::exchange(early_output_, {}));
  if (const Error* error = std::get_if<Error>(&*broken_)) return client->send_error(*error);
  client->send(Type::outcome, to_json(result_of(call, std::get<call::Outcome>(*broken_))).dump());
}

}  // namespace fn::run
