// SPDX-License-Identifier: Apache-2.0
// What clients of the control socket ask for, and what they are told.
#include "base/text.hpp"
#include "lambda/log_lines.hpp"
#include "lambda/protocol.hpp"
#include "supervisor.hpp"

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

std::vector<std::string> words_of(const Json& json, std::string_view key) {
  std::vector<std::string> words;
  for (const Json& word : json.at(key).as_array()) words.push_back(word.as_string());
  return words;
}

}  // namespace

void Supervisor::take_requests(const std::shared_ptr<Connection>& client) {
  try {
    while (auto frame = client->next()) handle(client, std::move(*frame));
  } catch (const Error& error) {
    client->send_error(error);
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
      fail(Kind::usage, "request {} is not known", static_cast<int>(frame.type));
  }
}

void Supervisor::handle_invoke(const std::shared_ptr<Connection>& client, const std::string& payload) {
  if (payload.size() < 4) fail(Kind::usage, "the request is too short");
  std::size_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= std::size_t{static_cast<unsigned char>(payload[i])} << (8 * i);
  if (length > payload.size() - 4) fail(Kind::usage, "the request is too short");
  Call call;
  call.request = instance::call_request_of(parse(std::string_view(payload).substr(4, length)));
  call.event = payload.substr(4 + length);
  call.id = call.request.id.empty() ? lambda::new_request_id() : call.request.id;
  call.timeout = call.request.timeout ? call.request.timeout : assignment_.settings.timeout;
  if (call.timeout && call.timeout->count() == 0) call.timeout.reset();

  if (broken_) return answer_broken(client, call.id);
  if (paused_at_) fail_hint(Kind::busy, fmt::format("fnrun resume {}", id()), "instance '{}' is paused", id());
  if (stop_) fail(Kind::not_found, "the instance is gone");
  if (pending_.contains(call.id)) fail(Kind::usage, "request id '{}' is taken", printable(call.id));
  if (record_.concurrency > 0 && pending_.size() >= record_.concurrency) {
    const lambda::Outcome busy{lambda::Status::throttled,
                               "TooManyRequestsException",
                               fmt::format("instance '{}' is at work on another call", id()),
                               0,
                               {}};
    return client->send(Type::outcome, to_json(result_of(call.id, busy)).dump());
  }
  const std::string request_id = call.id;
  const bool is_first = record_.calls == 0;
  pending_[request_id] = {client, call.timeout, call.request.details, std::chrono::system_clock::now()};
  try {
    protocol_->invoke(std::move(call));
  } catch (const Error&) {
    pending_.erase(request_id);
    throw;
  }
  ++record_.calls;
  set_state(ready_ ? instance::State::busy : instance::State::starting);
  if (is_first && !early_output_.empty()) client->send_log(std::exchange(early_output_, {}));
}

void Supervisor::handle_ready(const std::shared_ptr<Connection>& client) {
  if (broken_) return answer_broken(client, "");
  if (ready_) return client->send(Type::outcome, to_json(result_of("", {})).dump());
  waiting_ready_.push_back(client);
}

void Supervisor::handle_exec(Connection& client, const instance::Frame& frame) {
  if (broken_ || stop_) fail(Kind::not_found, "the instance is gone");
  if (paused_at_) fail_hint(Kind::busy, fmt::format("fnrun resume {}", id()), "instance '{}' is paused", id());
  if (client.guest) fail(Kind::busy, "a command runs on this connection");
  if (frame.fds.size() != 3) fail(Kind::usage, "a command needs 3 descriptors");
  const Json request = parse(frame.payload);
  std::vector<std::string> environment = blueprint_.spec.environment;
  for (std::string& variable : words_of(request, "environment")) environment.push_back(std::move(variable));
  std::string working_dir = request.at("working_dir").as_string();
  if (working_dir.empty()) working_dir = blueprint_.spec.working_dir;
  auto guest = std::make_unique<Guest>();
  guest->plan = sandbox::plan_entry(plan_, words_of(request, "command"), std::move(environment), working_dir);
  const std::array<int, 3> fds{frame.fds[0].get(), frame.fds[1].get(), frame.fds[2].get()};
  guest->entry = std::make_unique<sandbox::Entry>(guest->plan, sandbox_->entrance(), fds,
                                                  request.at("terminal").as_bool() ? fds[0] : -1);
  client.guest = std::move(guest);
}

void Supervisor::check_guest(Connection& client) {
  try {
    const auto record = client.guest->entry->end();
    if (!record) return;
    client.guest.reset();
    client.send(Type::exit, Json::object().set("status", int{record->status}).dump());
  } catch (const Error& error) {
    client.guest.reset();
    client.send_error(error);
  }
}

void Supervisor::handle_signal(const Connection& client, const std::string& payload) {
  const int number = static_cast<int>(parse(payload).at("signal").as_integer());
  if (number <= 0 || number >= NSIG) fail(Kind::usage, "{} is no signal", number);
  if (client.guest)
    client.guest->entry->signal(number);
  else
    protocol_->signal(number);
}

// Where connections are to be drained, that comes first.
void Supervisor::pause() {
  if (broken_ || stop_) fail(Kind::not_found, "the instance is gone");
  if (paused_at_) return;
  sandbox_->freeze();
  paused_at_ = Clock::now();
  set_state(instance::State::paused);
  save(true);
}

void Supervisor::resume() {
  sandbox_->thaw();
  const Clock::duration paused = Clock::now() - *paused_at_;
  paused_at_.reset();
  if (!ready_) started_ += paused;
  idle_since_ += paused;
  protocol_->resume(paused);
  set_state(!ready_ ? instance::State::starting : pending_.empty() ? instance::State::idle : instance::State::busy);
  save(true);
}

instance::Record Supervisor::current() const {
  instance::Record record = record_;
  record.command = broken_ ? 0 : protocol_->command_pid();
  return record;
}

void Supervisor::on_ready() {
  ready_ = true;
  init_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_);
  idle_since_ = Clock::now();
  set_state(pending_.empty() ? instance::State::idle : instance::State::busy);
  for (const auto& weak : std::exchange(waiting_ready_, {}))
    if (const auto client = weak.lock()) client->send(Type::outcome, to_json(result_of("", {})).dump());
}

void Supervisor::on_head(const std::string& call, const std::string& content_type, bool streaming) {
  if (const auto client = pending_[call].client.lock())
    client->send(Type::head, Json::object().set("content_type", content_type).set("streaming", streaming).dump());
}

void Supervisor::on_chunk(const std::string& call, std::string_view bytes) {
  const auto client = pending_[call].client.lock();
  constexpr std::size_t size = 1 * MiB;
  for (; client && !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
    client->send(Type::chunk, bytes.substr(0, size));
}

void Supervisor::on_log(const std::string& call, std::string_view bytes) {
  log_.append(bytes);
  const auto pending = pending_.find(call);
  if (pending != pending_.end()) {
    if (const auto client = pending->second.client.lock()) client->send_log(bytes);
  } else if (record_.calls == 0) {
    early_output_ += bytes.substr(0, max_early_output - std::min(early_output_.size(), max_early_output));
  }
}

void Supervisor::on_result(const std::string& call, const lambda::Outcome& outcome,
                           std::chrono::microseconds duration) {
  const auto found = pending_.find(call);
  if (found == pending_.end()) return;
  // What it wrote before it answered comes before the answer.
  drain_output();
  instance::CallResult result = result_of(call, outcome);
  result.duration = duration;
  result.timeout = found->second.timeout.value_or(milliseconds(0));
  result.instance_ended = result.instance_ended || assignment_.one_shot || outcome.status == lambda::Status::timeout;
  if (found->second.details) {
    result.walls = sandbox::to_json(sandbox_->walls());
    result.timing = sandbox::to_json(sandbox_->timing());
  }
  if (!init_told_) result.init = init_;
  init_told_ = true;
  if (const auto client = found->second.client.lock()) client->send(Type::outcome, to_json(result).dump());
  const auto at = found->second.at;
  pending_.erase(found);
  idle_since_ = Clock::now();
  if (!stop_ && !broken_) set_state(pending_.empty() ? instance::State::idle : instance::State::busy);
  record_call(outcomes_, {assignment_.function, blueprint_.target.digest, assignment_.one_shot ? "" : id()}, result,
              at);
  if (assignment_.one_shot && !stop_) begin_stop(milliseconds(0));
}

instance::CallResult Supervisor::result_of(const std::string& call, const lambda::Outcome& outcome) const {
  instance::CallResult result;
  result.outcome = lambda::to_json(outcome);
  if (!outcome.body.empty()) result.outcome.set("body", outcome.body);
  result.request_id = call;
  result.memory_limit = assignment_.settings.memory.value_or(0);
  result.version = assignment_.version;
  result.instance_ended = broken_.has_value();
  const sandbox::Sandbox::Usage usage = sandbox_->usage();
  result.peak_memory = usage.peak_memory;
  result.peak_is_approximate = usage.peak_is_approximate;
  if (!result.peak_memory && !broken_) {
    result.peak_memory = sandbox_->resident();
    result.peak_is_approximate = true;
  }
  return result;
}

void Supervisor::on_broken(Reason reason) {
  if (broken_) return;
  broken_ = std::move(reason);
  set_state(instance::State::ending);
  idle_since_ = Clock::now();
  if (!sandbox_->end()) sandbox_->kill();
  fail_pending();
}

void Supervisor::fail_pending() {
  drain_output();
  for (const auto& weak : std::exchange(waiting_ready_, {}))
    if (const auto client = weak.lock()) answer_broken(client, "");
  const std::map<std::string, Pending> pending = pending_;
  const bool is_error = std::holds_alternative<Error>(*broken_);
  for (const auto& [call, waiting] : pending) {
    if (!is_error) {
      on_result(call, std::get<lambda::Outcome>(*broken_),
                std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now() - waiting.at));
      continue;
    }
    if (const auto client = waiting.client.lock()) answer_broken(client, call);
    record_not_started(outcomes_, {assignment_.function, blueprint_.target.digest, id()});
    pending_.erase(call);
  }
}

// Nobody else is to be answered: whoever comes later starts another instance.
void Supervisor::answer_broken(const std::shared_ptr<Connection>& client, const std::string& call) {
  broken_told_ = true;
  if (!early_output_.empty()) client->send_log(std::exchange(early_output_, {}));
  if (const Error* error = std::get_if<Error>(&*broken_)) return client->send_error(*error);
  client->send(Type::outcome, to_json(result_of(call, std::get<lambda::Outcome>(*broken_))).dump());
}

}  // namespace fn::run
