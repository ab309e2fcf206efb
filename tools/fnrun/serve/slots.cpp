// SPDX-License-Identifier: Apache-2.0
#include "pool.hpp"

#include <algorithm>

namespace fn::serve {

Pool::~Pool() {
  // All at once; the destructors wait for each.
  for (Place& place : places_) place.slot->close();
}

// A warm instance first, and of those the one that was used last, so that the others get cold; an instance that will
// not do is given up only if there is no room beside it.
Pool::Place* Pool::find_place(const std::string& key) {
  const auto rank = [&](const Place& place) { return place.key == key ? 2 : place.key.empty() ? 1 : 0; };
  Place* best = nullptr;
  for (Place& place : places_) {
    if (place.busy) continue;
    if (best == nullptr || rank(place) > rank(*best) || (rank(place) == rank(*best) && place.used > best->used))
      best = &place;
  }
  if ((best == nullptr || rank(*best) == 0) && places_.size() < size_) {
    places_.push_back({.slot = std::make_unique<Slot>(places_.size(), around_), .key = {}});
    best = &places_.back();
  }
  return best;
}

void Pool::start(Place& place, Call call) {
  place.busy = true;
  place.used = ++uses_;
  place.slot->run(std::move(call));
}

bool Pool::submit(Call call) {
  if (Place* place = find_place(call.work->key)) {
    start(*place, std::move(call));
    return true;
  }
  if (waiting_.size() >= queue_) return false;
  waiting_.push_back(std::move(call));
  return true;
}

bool Pool::withdraw(std::uint64_t call) {
  return std::erase_if(waiting_, [&](const Call& each) { return each.number == call; }) > 0;
}

void Pool::done(const Done& done) {
  Place& place = places_.at(done.slot);
  place.busy = false;
  place.key = done.generation;
  if (waiting_.empty()) return;
  Call next = std::move(waiting_.front());
  waiting_.pop_front();
  Place& free = *find_place(next.work->key);
  start(free, std::move(next));
}

void Pool::cooled(const Cooled& cooled) {
  Place& place = places_.at(cooled.slot);
  // It may have got a call just then.
  if (!place.busy) place.key.clear();
}

std::vector<std::uint64_t> Pool::cut_off() {
  std::vector<std::uint64_t> waiting;
  for (const Call& call : waiting_) waiting.push_back(call.number);
  waiting_.clear();
  for (Place& place : places_) place.slot->cut_off();
  return waiting;
}

Pool::Counts Pool::counts() const {
  Counts counts;
  counts.waiting = waiting_.size();
  for (const Place& place : places_) {
    counts.busy += place.busy ? 1 : 0;
    counts.warm += !place.busy && !place.key.empty() ? 1 : 0;
  }
  return counts;
}

}  // namespace fn::serve
