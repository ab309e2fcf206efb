// SPDX-License-Identifier: Apache-2.0
// Namespaces that wait to be given away. Two threads: the server's calls take(), which moves something off a shelf
// and never waits; the other one, work(), makes what is missing, one at a time, and closes what was given. One lock
// guards the shelves, and it is never held while a namespace is made or closed, since the kernel takes its time for
// both.
//
// Each namespace is made by a process that lives for that alone (child/make_namespaces.cpp): it is born in the new
// namespaces, opens them in the descriptor table that it shares with us, and ends.
//
// While sandboxes are being started, making and closing would only slow them down. So the thread fills the shelves to
// one half at once and to the top when nothing was asked for during 50 ms, and closes what was given then, too, many
// at a time.
#include "sandbox/pool_stock.hpp"

#include "sandbox/child/make_namespaces.hpp"
#include "sandbox/child_memory.hpp"
#include "sandbox/maker.hpp"
#include "sys/raw_syscall.hpp"

#include <algorithm>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_keys = 4;
constexpr std::size_t most_spent = 64;
constexpr milliseconds quiet{50};            // without a request: nobody is starting anything
constexpr milliseconds after_failure{1000};  // a limit of the host is reached, or it forbids namespaces

}  // namespace

PooledNamespaces make_pooled(const PoolKey& key) {
  MakeNamespaces making{.with_user = key.with_user != 0, .loopback = key.loopback != 0};
  fmt::format_to_n(making.uid_map.data(), making.uid_map.size() - 1, "{} {} 1", key.uid, geteuid());
  fmt::format_to_n(making.gid_map.data(), making.gid_map.size() - 1, "{} {} 1", key.gid, getegid());
  const ChildMemory child_memory;
  const unsigned long flags =
      CLONE_NEWNET | (key.with_user != 0 ? CLONE_NEWUSER : 0U) | CLONE_VM | CLONE_VFORK | CLONE_FILES;
  long pid = 0;
  {
    const SignalsBlocked blocked;
    clone_args arguments{};
    arguments.flags = flags;
    pid = raw_clone3(arguments, child_memory.first_stack(), make_namespaces_process, &making);
    if (pid > 0) raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  }
  PooledNamespaces pooled{.user = sys::Fd(static_cast<int>(making.user)), .net = sys::Fd(static_cast<int>(making.net))};
  if (pid < 0) sys::fail_errno(static_cast<int>(-pid), "cannot create a network namespace");
  if (making.error != 0)
    sys::fail_errno(static_cast<int>(making.error), fmt::format("a new network namespace: cannot {}", making.step));
  return pooled;
}

PoolStock::PoolStock(std::size_t size) : size_(size), maker_([this] { work(); }) {}

PoolStock::~PoolStock() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  maker_.join();
}

std::optional<PooledNamespaces> PoolStock::take(const PoolKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(shelves_.begin(), shelves_.end(), [&](const Shelf& each) { return each.key == key; });
  Shelf shelf{.key = key, .ready = {}};
  if (found != shelves_.end()) {
    shelf = std::move(*found);
    shelves_.erase(found);
  } else if (shelves_.size() == most_keys) {
    shelves_.pop_front();
  }
  std::optional<PooledNamespaces> taken;
  if (!shelf.ready.empty()) {
    taken = std::move(shelf.ready.back());
    shelf.ready.pop_back();
    spent_.push_back({.user = {}, .net = taken->net.duplicate()});
  }
  shelves_.push_back(std::move(shelf));
  last_take_ = Clock::now();
  changed_.notify_one();
  return taken;
}

std::size_t PoolStock::ready() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Shelf& shelf : shelves_) count += shelf.ready.size();
  return count;
}

// The shelf that most needs one, if one may be made now: at once when half are gone, otherwise when it is quiet.
PoolStock::Shelf* PoolStock::wanting() {
  const Clock::time_point now = Clock::now();
  const std::size_t enough = now - last_take_ < quiet ? (size_ + 1) / 2 : size_;
  Shelf* least = nullptr;
  for (Shelf& shelf : shelves_)
    if (shelf.ready.size() < enough && now >= shelf.not_before &&
        (least == nullptr || shelf.ready.size() < least->ready.size()))
      least = &shelf;
  return least;
}

void PoolStock::make_one(std::unique_lock<std::mutex>& lock, const PoolKey& key) {
  std::optional<PooledNamespaces> made;
  lock.unlock();
  try {
    made = make_pooled(key);
  } catch (const Error&) {
    made.reset();  // whoever starts a sandbox meets the same, and says it
  }
  lock.lock();
  // It may have been dropped meanwhile.
  for (Shelf& shelf : shelves_) {
    if (shelf.key != key) continue;
    if (made)
      shelf.ready.push_back(std::move(*made));
    else
      shelf.not_before = Clock::now() + after_failure;
    return;
  }
}

void PoolStock::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (const Shelf* shelf = wanting()) {
      make_one(lock, PoolKey(shelf->key));
      continue;
    }
    const bool is_quiet = Clock::now() - last_take_ >= quiet;
    if (!spent_.empty() && (is_quiet || spent_.size() >= most_spent)) {
      std::vector<PooledNamespaces> gone = std::move(spent_);
      spent_.clear();
      lock.unlock();
      gone.clear();
      lock.lock();
      continue;
    }
    const bool is_full =
        std::all_of(shelves_.begin(), shelves_.end(), [&](const Shelf& shelf) { return shelf.ready.size() >= size_; });
    if (is_full && spent_.empty())
      changed_.wait(lock);
    else
      changed_.wait_for(lock, quiet);
  }
}

}  // namespace fn::sandbox
