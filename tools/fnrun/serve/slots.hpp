// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slot.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace fn::serve {

// The slots, and the calls that wait for one. Belongs to the loop.
class Pool {
 public:
  struct Counts {
    std::size_t warm = 0;  // instances without a call
    std::size_t busy = 0;
    std::size_t waiting = 0;
  };

  // At most `size` calls at once, and `queue` more that wait.
  Pool(std::size_t size, std::size_t queue, const Surroundings& around) : size_(size), queue_(queue), around_(around) {}
  // Ends all instances.
  ~Pool();

  // False if as many calls as may be are in flight or wait.
  bool submit(Call call);
  // Takes back a call that still waits. False if it does not.
  bool withdraw(std::uint64_t call);
  void done(const Done& done);
  void cooled(const Cooled& cooled);
  // Kills all instances. Calls that wait are given back.
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
  void start(Place& place, Call call);

  std::size_t size_;
  std::size_t queue_;
  Surroundings around_;
  std::vector<Place> places_;
  std::deque<Call> waiting_;
  std::uint64_t uses_ = 0;
};

}  // namespace fn::serve
