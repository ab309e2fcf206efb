// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/slot.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace fn::serve {

// The slots, and the calls that wait for one. Used by the loop's thread only.
class Slots {
 public:
  struct Counts {
    std::size_t warm = 0;  // instances without a call, that could take one
    std::size_t busy = 0;
    std::size_t waiting = 0;
  };

  // At most `size` calls at once (0: no limit), and `queue` more that wait.
  Slots(std::size_t size, std::size_t queue, const Shared& shared) : size_(size), queue_(queue), shared_(shared) {}
  // Ends all instances.
  ~Slots();

  // False if the limits of calls in flight and waiting calls are reached.
  bool submit(Call call);
  // Takes back a call that is still waiting. False if it is not.
  bool withdraw(std::uint64_t call);
  void call_ended(const CallEnded& done);
  // Lets every instance with another key go: now if it is idle, or after its call.
  void keep_only(const std::string& key);
  void instance_ended(const InstanceEnded& ended);
  // Kills all instances. Waiting calls are returned.
  std::vector<std::uint64_t> cut_off();
  Counts counts() const;

 private:
  struct Place {
    std::unique_ptr<Slot> slot;
    std::string key;  // of its instance; "": it has none
    bool busy = false;
    std::uint64_t used = 0;  // a later one is larger
  };

  Place* find_place(const std::string& key);
  void let_go_of(const Place& place);
  void start(Place& place, Call call);

  std::size_t size_;
  std::size_t queue_;
  Shared shared_;
  std::vector<Place> places_;
  std::deque<Call> waiting_;
  std::uint64_t uses_ = 0;
  std::string kept_;  // the only key that is kept; "": any
};

}  // namespace fn::serve
