// SPDX-License-Identifier: Apache-2.0
// Which slot takes which call. All of this runs in the thread of the loop; a slot's own thread (slot.cpp) works on the
// call and says in the mailbox how it went, and the loop hands that to done(). So no lock is needed here.
//
// A call that comes in goes to a free slot whose instance does for it, else to a slot without an instance, else to a
// new slot while there are fewer than `size`, else to one whose instance is given up for it. With no free slot it waits
// in line, up to `queue`; beyond that it is refused, which the client sees as 429. A slot that is done takes the first
// call of the line. Slots are never removed, since their numbers are in messages on the way.
#include "serve/slots.hpp"

#include <algorithm>

namespace fn::serve {

Slots::~Slots() {
  // All at once; the destructors wait for each.
  for (Place& place : places_) place.slot->close();
}

// A warm instance first, and of those the one that was used last, so that the others get cold; an instance that will
// not do is given up only if there is no room beside it.
Slots::Place* Slots::find_place(const std::string& key) {
  const auto rank = [&](const Place& place) { return place.key == key ? 2 : place.key.empty() ? 1 : 0; };
  Place* best = nullptr;
  for (Place& place : places_) {
    if (place.busy) continue;
    if (best == nullptr || rank(place) > rank(*best) || (rank(place) == rank(*best) && place.used > best->used))
      best = &place;
  }
  if ((best == nullptr || rank(*best) == 0) && (size_ == 0 || places_.size() < size_)) {
    places_.push_back({.slot = std::make_unique<Slot>(places_.size(), shared_), .key = {}});
    best = &places_.back();
  }
  return best;
}

void Slots::start(Place& place, Call call) {
  place.busy = true;
  place.used = ++uses_;
  place.slot->run(std::move(call));
}

bool Slots::submit(Call call) {
  if (Place* place = find_place(call.spec->key)) {
    start(*place, std::move(call));
    return true;
  }
  if (waiting_.size() >= queue_) return false;
  waiting_.push_back(std::move(call));
  return true;
}

bool Slots::withdraw(std::uint64_t call) {
  return std::erase_if(waiting_, [&](const Call& each) { return each.number == call; }) > 0;
}

void Slots::call_ended(const CallEnded& done) {
  Place& place = places_.at(done.slot);
  place.busy = false;
  place.key = done.generation;
  let_go_of(place);
  if (waiting_.empty()) return;
  Call next = std::move(waiting_.front());
  waiting_.pop_front();
  Place& free = *find_place(next.spec->key);
  start(free, std::move(next));
}

void Slots::keep_only(const std::string& key) {
  kept_ = key;
  for (const Place& place : places_) let_go_of(place);
}

void Slots::let_go_of(const Place& place) {
  if (!place.busy && !place.key.empty() && !kept_.empty() && place.key != kept_) place.slot->let_go();
}

void Slots::instance_ended(const InstanceEnded& ended) {
  Place& place = places_.at(ended.slot);
  // It may have got a call just then.
  if (!place.busy) place.key.clear();
}

std::vector<std::uint64_t> Slots::cut_off() {
  std::vector<std::uint64_t> waiting;
  for (const Call& call : waiting_) waiting.push_back(call.number);
  waiting_.clear();
  for (Place& place : places_) place.slot->cut_off();
  return waiting;
}

Slots::Counts Slots::counts() const {
  Counts counts;
  counts.waiting = waiting_.size();
  for (const Place& place : places_) {
    counts.busy += place.busy ? 1 : 0;
    counts.warm += !place.busy && !place.key.empty() && !place.slot->has_lost_instance() ? 1 : 0;
  }
  return counts;
}

}  // namespace fn::serve
