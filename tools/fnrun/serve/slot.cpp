// SPDX-License-Identifier: Apache-2.0
// One slot: a thread that takes a call, has an instance work on it, and keeps the instance for the next one.
//
// Two threads meet here. The loop calls run(), close() and cut_off(); the slot's own thread is live() and all that it
// calls. Under the mutex are the call that is handed over, the flags, and the pointer to the instance. That pointer is
// changed by the slot's thread alone, so that this thread may use the instance without the lock; the loop may look at
// it only with the lock, to stop it in the middle of a call over a connection of its own.
//
// An instance ends (replace) outside of the lock, since that takes up to its grace. What comes of a call goes to the
// mailbox: perhaps a ResponseHead, ResponseChunks, and always one CallEnded, after which the loop may hand over the
// next call. An instance that was idle for its keep-alive time, or that is to be let go, ends here, and InstanceEnded
// says so.
#include "serve/slot.hpp"

#include "call/log_lines.hpp"
#include "serve/answers.hpp"

#include <utility>

namespace fn::serve {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Slot::Slot(std::size_t number, const Shared& shared) : number_(number), shared_(shared), thread_([this] { live(); }) {}

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

void Slot::let_go() {
  const std::lock_guard lock(mutex_);
  lets_go_ = true;
  changed_.notify_one();
}

void Slot::cut_off() {
  const std::lock_guard lock(mutex_);
  cut_off_ = true;
  if (!instance_) return;
  try {
    instance::Client(instance_->dir()).stop(std::chrono::milliseconds(0));
  } catch (const Error&) {
    // It ended by itself meanwhile.
  }
}

bool Slot::has_lost_instance() {
  const std::lock_guard lock(mutex_);
  return instance_ && (instance_->is_gone() || instance_->is_paused());
}

void Slot::live() {
  while (auto call = wait_for_call()) take(*call);
  replace(nullptr);
  paused_.clear();
}

std::optional<Call> Slot::wait_for_call() {
  std::unique_lock lock(mutex_);
  while (!call_ && !closed_) {
    if (lets_go_ || (expires_at_ && Clock::now() >= *expires_at_)) {
      lock.unlock();
      expire();
      lock.lock();
    } else if (expires_at_) {
      changed_.wait_until(lock, *expires_at_);
    } else {
      changed_.wait(lock);
    }
  }
  return std::exchange(call_, std::nullopt);
}

void Slot::expire() {
  replace(nullptr);
  shared_.mailbox.post(InstanceEnded{number_});
}

// The old one ends outside of the lock: that may take a while.
void Slot::replace(std::unique_ptr<Instance> instance) {
  const std::unique_lock lock(mutex_);
  instance_.swap(instance);
  expires_at_.reset();
  lets_go_ = false;
}

Instance& Slot::instance_for(const Call& call) {
  if (instance_ && (instance_->key() != call.spec->key || instance_->is_gone())) replace(nullptr);
  if (!instance_) {
    replace(Instance::start(*call.spec, shared_.guard));
    const std::lock_guard lock(mutex_);
    if (cut_off_) fail(Kind::failure, "the server is stopping");
  }
  return *instance_;
}

void Slot::take(Call& call) {
  LogTail tail;
  const std::string& id = call.invocation.request.id;
  const std::string start = call::start_line(id, call.spec->assignment.version);
  shared_.journal.line(start);
  tail.add(start);
  CallEnded done;
  try {
    done = invoke(call, tail);
  } catch (const Error& error) {
    done.result.outcome = outcome_of_error(error);
    done.result.request_id = id;
    done.result.instance_ended = true;
  }
  done.call = call.number;
  done.slot = number_;
  if (instance_) done.instance = instance_->id();
  say_end(call, done, tail);
  if (!instance_ || done.result.instance_ended || call.spec->keep_alive.count() == 0) {
    replace(nullptr);
  } else {
    const std::lock_guard lock(mutex_);
    expires_at_ = Clock::now() + call.spec->keep_alive;
    done.generation = instance_->key();
  }
  if (call.invocation.wants_log) done.log_tail = tail.take();
  shared_.mailbox.post(std::move(done));
}

// The instance knows better than we do whether it takes calls: somebody may have stopped or paused it. A call that it
// never saw goes to another.
CallEnded Slot::invoke(Call& call, LogTail& tail) {
  CallEnded done{};
  for (int offer = 1;; ++offer) {
    Instance& instance = instance_for(call);
    bool has_begun = false;
    try {
      done.result = ask(instance, call, tail, has_begun);
      return done;
    } catch (const Error& error) {
      if (!instance::is_unseen(error) || has_begun || offer == instance::max_offers) throw;
      part_from(error);
    }
  }
}

// A paused instance is kept as it is, for whoever paused it, until it is resumed or the server ends.
void Slot::part_from(const Error& refusal) {
  std::erase_if(paused_, [](const auto& instance) { return !instance->is_paused(); });
  if (refusal.kind() != Kind::busy) return replace(nullptr);
  const std::lock_guard lock(mutex_);
  paused_.push_back(std::move(instance_));
  expires_at_.reset();
}

call::Result Slot::ask(Instance& instance, const Call& call, LogTail& tail, bool& has_begun) {
  call::Receiver receiver;
  receiver.head = [&](const std::string& type, bool streaming) {
    has_begun = true;
    shared_.mailbox.post(ResponseHead{call.number, type, streaming});
  };
  receiver.chunk = [&](std::string_view bytes) {
    has_begun = true;
    shared_.mailbox.post(ResponseChunk{call.number, std::string(bytes)});
  };
  receiver.log = [&](std::string_view bytes) {
    shared_.journal.log(call.invocation.request.id, bytes);
    tail.add(bytes);
  };
  return instance.client().invoke(call.invocation.request, call.invocation.event, receiver);
}

void Slot::say_end(const Call& call, const CallEnded& done, LogTail& tail) {
  const std::string& id = call.invocation.request.id;
  const call::Outcome& outcome = done.result.outcome;
  std::string error;
  if (outcome.status != call::Status::success)
    error = fmt::format("RequestId: {} Error: {} ({})\n", id, call::error_words(outcome),
                        call::status_name(outcome.status));
  std::string end = call::end_line(id);
  if (!done.instance.empty()) end += call::report_line(done.result);
  // The caller has the report, unless nobody waits for the answer.
  shared_.journal.line(error + call::error_report(outcome) + end);
  tail.add(error + end);
}

}  // namespace fn::serve
