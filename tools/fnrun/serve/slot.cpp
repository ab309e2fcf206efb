// SPDX-License-Identifier: Apache-2.0
#include "slot.hpp"

#include "answers.hpp"
#include "base/text.hpp"
#include "call_end.hpp"
#include "lambda/log_lines.hpp"

#include <utility>

namespace fn::serve {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Slot::Slot(std::size_t number, const Surroundings& around)
    : number_(number), around_(around), thread_([this] { live(); }) {}

Slot::~Slot() {
  close();
  thread_.join();
}

void Slot::run(Call call) {
  const std::lock_guard lock(mutex_);
  call_ = std::move(call);
  changed_.notify_one();
}

void Slot::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

void Slot::cut_off() {
  const std::lock_guard lock(mutex_);
  cut_off_ = true;
  if (!instance_) return;
  try {
    instance::Client(instance_->folder()).stop(std::chrono::milliseconds(0));
  } catch (const Error&) {
    // It ended by itself meanwhile.
  }
}

void Slot::live() {
  while (auto call = wait_for_call()) take(*call);
  replace(nullptr);
}

std::optional<Call> Slot::wait_for_call() {
  std::unique_lock lock(mutex_);
  while (!call_ && !closed_) {
    if (!cools_at_) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, *cools_at_) == std::cv_status::timeout && !call_) {
      lock.unlock();
      cool();
      lock.lock();
    }
  }
  return std::exchange(call_, std::nullopt);
}

void Slot::cool() {
  replace(nullptr);
  around_.mailbox.post(Cooled{number_});
}

// The old one ends outside of the lock: that may take a while.
void Slot::replace(std::unique_ptr<Instance> instance) {
  const std::unique_lock lock(mutex_);
  instance_.swap(instance);
  cools_at_.reset();
}

Instance& Slot::instance_for(const Call& call) {
  if (instance_ && (instance_->key() != call.work->key || instance_->is_gone())) replace(nullptr);
  if (!instance_) {
    replace(Instance::start(*call.work, around_.guard));
    const std::lock_guard lock(mutex_);
    if (cut_off_) fail(fn::Kind::failure, "the server is stopping");
  }
  return *instance_;
}

void Slot::take(Call& call) {
  LogTail tail;
  const std::string& id = call.invocation.request.id;
  const std::string start = lambda::start_line(id, call.work->assignment.version);
  around_.journal.line(start);
  tail.add(start);
  Done done;
  try {
    done = invoke(call, tail);
  } catch (const Error& error) {
    done.outcome = outcome_of_error(error);
    done.result.request_id = id;
    done.result.instance_ended = true;
  }
  done.call = call.number;
  done.slot = number_;
  if (instance_) done.instance = instance_->id();
  say_end(call, done, tail);
  if (done.result.instance_ended || call.work->keep_alive.count() == 0) {
    replace(nullptr);
  } else {
    const std::lock_guard lock(mutex_);
    cools_at_ = Clock::now() + call.work->keep_alive;
    done.generation = instance_->key();
  }
  if (call.invocation.wants_log) done.log_tail = tail.take();
  around_.mailbox.post(std::move(done));
}

Done Slot::invoke(Call& call, LogTail& tail) {
  Instance& instance = instance_for(call);
  instance::Receiver receiver;
  receiver.head = [&](const std::string& type, bool streaming) {
    around_.mailbox.post(Head{call.number, type, streaming});
  };
  receiver.chunk = [&](std::string_view bytes) { around_.mailbox.post(Chunk{call.number, std::string(bytes)}); };
  receiver.log = [&](std::string_view bytes) {
    around_.journal.log(call.invocation.request.id, bytes);
    tail.add(bytes);
  };
  Done done{};
  done.result = instance.client().invoke(call.invocation.request, call.invocation.event, receiver);
  done.outcome = lambda::outcome_of(done.result.outcome);
  return done;
}

void Slot::say_end(const Call& call, const Done& done, LogTail& tail) {
  const std::string& id = call.invocation.request.id;
  std::string text;
  if (done.outcome.status != lambda::Status::success)
    text = fmt::format("RequestId: {} Error: {} ({})\n", id, printable(done.outcome.message),
                       lambda::status_name(done.outcome.status));
  text += lambda::end_line(id);
  if (!done.instance.empty()) text += run::report_line(done.result);
  around_.journal.line(text);
  tail.add(text);
}

}  // namespace fn::serve
