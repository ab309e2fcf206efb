// SPDX-License-Identifier: Apache-2.0
#include "work.hpp"

#include "assign_function.hpp"

namespace fn::serve {

Source::Source(const run::ServeOptions& options) : options_(options) {
  if (!options.function.empty()) {
    store_.emplace(state::Store::open(options.home, state::Store::Access::read, options.lock_timeout));
    return;
  }
  Work work{.assignment = run::assignment_of(options.launch), .key = {}, .image = {}, .keep_alive = {}};
  work.key = run::key_of(work.assignment);
  work.keep_alive = options.keep_alive.value_or(std::chrono::minutes(5));
  last_ = std::make_shared<const Work>(std::move(work));
}

std::shared_ptr<const Work> Source::next() {
  if (!store_) return last_;
  const routing::Route route = routing::choose(*store_, options_.function);
  Work work{.assignment = run::assign_function(route, {options_.home, options_.lock_timeout}),
            .key = {},
            .image = route.descriptor.digest,
            .keep_alive = options_.keep_alive.value_or(route.function.keep_alive)};
  work.assignment.concurrency = 1;  // each call has an instance to itself
  work.key = run::key_of(work.assignment);
  if (!last_ || last_->key != work.key || last_->keep_alive != work.keep_alive)
    last_ = std::make_shared<const Work>(std::move(work));
  return last_;
}

}  // namespace fn::serve
