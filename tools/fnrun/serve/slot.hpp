// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/instance.hpp"
#include "serve/instance_spec.hpp"
#include "serve/invocation.hpp"
#include "serve/journal.hpp"
#include "serve/mailbox.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace fn::serve {

// Shared by all slots.
struct Shared {
  Mailbox& mailbox;
  Journal& journal;
  InstanceGuard& guard;
};

// A call on its way to a slot.
struct Call {
  std::uint64_t number = 0;
  Invocation invocation;
  std::shared_ptr<const InstanceSpec> spec;
};

// A place for one call at a time: a thread and the instance that it keeps between two calls. The results of a call go
// to the mailbox; its last message is Done.
class Slot {
 public:
  Slot(std::size_t number, const Shared& shared);
  Slot(const Slot&) = delete;
  // Waits for its call; see cut_off().
  ~Slot();

  // Only while it has no call.
  void run(Call call);
  // Takes no more calls: its instance ends as soon as it is idle, and then the thread.
  void close();
  // Ends the instance that it has while it has no call.
  void let_go();
  // Kills the instance, even during a call.
  void cut_off();
  // Its instance takes no calls: it has ended, or someone paused it.
  bool has_lost_instance();

 private:
  void live();
  std::optional<Call> wait_for_call();
  void expire();
  void take(Call& call);
  Instance& instance_for(const Call& call);
  void part_from(const Error& refusal);
  CallEnded invoke(Call& call, LogTail& tail);
  call::Result ask(Instance& instance, const Call& call, LogTail& tail, bool& has_begun);
  void say_end(const Call& call, const CallEnded& done, LogTail& tail);
  void replace(std::unique_ptr<Instance> instance);

  std::size_t number_;
  Shared shared_;
  std::mutex mutex_;  // of all below but the thread; the slot's thread alone changes instance_
  std::condition_variable changed_;
  std::optional<Call> call_;
  std::unique_ptr<Instance> instance_;
  std::optional<std::chrono::steady_clock::time_point> expires_at_;
  std::vector<std::unique_ptr<Instance>> paused_;  // by somebody who wants to look; of the slot's thread alone
  bool lets_go_ = false;                           // of instance_, unless a call comes first
  bool closed_ = false;
  bool cut_off_ = false;
  std::thread thread_;
};

}  // namespace fn::serve
