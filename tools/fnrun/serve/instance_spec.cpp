// SPDX-License-Identifier: Apache-2.0
#include "serve/instance_spec.hpp"

#include "function/assign_function.hpp"

namespace fn::serve {

InstanceSpecSource::InstanceSpecSource(const run::ServeOptions& options) : options_(options) {
  if (!options.function.empty()) {
    store_.emplace(state::Store::open(options.home, state::Store::Access::read, options.lock_timeout));
    return;
  }
  InstanceSpec spec{.assignment = function::assignment_of(options.launch), .key = {}, .image = {}, .keep_alive = {}};
  spec.key = function::key_of(spec.assignment);
  spec.keep_alive = options.keep_alive.value_or(std::chrono::minutes(5));
  last_ = std::make_shared<const InstanceSpec>(std::move(spec));
}

std::shared_ptr<const InstanceSpec> InstanceSpecSource::next() {
  if (!store_) return last_;
  const routing::Route route = routing::choose(*store_, options_.function);
  InstanceSpec spec{.assignment = function::assign_function(route, {options_.home, options_.lock_timeout}),
                    .key = {},
                    .image = route.descriptor.digest,
                    .keep_alive = options_.keep_alive.value_or(route.function.keep_alive)};
  spec.assignment.concurrency = 1;  // each call has an instance to itself
  spec.key = function::key_of(spec.assignment);
  if (last_ && last_->key == spec.key && last_->keep_alive == spec.keep_alive) return last_;
  // Whether a response may be streamed depends on it.
  function::Assignment& assignment = spec.assignment;
  if (!assignment.protocol)
    assignment.protocol = function::protocol_of(
        assignment, function::find_target(assignment.target, assignment.state, function::MissingLayers::unpack));
  last_ = std::make_shared<const InstanceSpec>(std::move(spec));
  return last_;
}

}  // namespace fn::serve
