// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance.hpp"
#include "invocation.hpp"
#include "journal.hpp"
#include "mailbox.hpp"
#include "work.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace fn::serve {

// What all slots share.
struct Surroundings {
  Mailbox& mailbox;
  Journal& journal;
  Guard& guard;
};

// A call on its way to a slot.
struct Call {
  std::uint64_t number = 0;
  Invocation invocation;
  std::shared_ptr<const Work> work;
};

// A place for one call at a time: a thread and the instance that it keeps between two calls. What comes of a call goes
// to the mailbox; the last message of each is Done.
class Slot {
 public:
  Slot(std::size_t number, const Surroundings& around);
  Slot(const Slot&) = delete;
  // Waits for its call; see cut_off().
  ~Slot();

  // Only while it has no call.
  void run(Call call);
  // No more calls: its instance ends as soon as it is idle, and the thread with it.
  void close();
  // Kills the instance, in the middle of its call if there is one.
  void cut_off();

 private:
  void live();
  std::optional<Call> wait_for_call();
  void cool();
  void take(Call& call);
  Instance& instance_for(const Call& call);
  Done invoke(Call& call, LogTail& tail);
  void say_end(const Call& call, const Done& done, LogTail& tail);
  void replace(std::unique_ptr<Instance> instance);

  std::size_t number_;
  Surroundings around_;
  std::mutex mutex_;  // of all below but the thread; the slot's thread alone changes instance_
  std::condition_variable changed_;
  std::optional<Call> call_;
  std::unique_ptr<Instance> instance_;
  std::optional<std::chrono::steady_clock::time_point> cools_at_;
  bool closed_ = false;
  bool cut_off_ = false;
  std::thread thread_;
};

}  // namespace fn::serve
