// SPDX-License-Identifier: Apache-2.0
#include "serve/instance_spec.hpp"

#include "base/text.hpp"
#include "function/assign_function.hpp"

namespace fn::serve {
namespace {

using std::chrono::steady_clock;

// Between two files of one change.
constexpr std::chrono::milliseconds quiet_time{100};
constexpr std::chrono::minutes default_keep_alive{5};

// Whether a response may be streamed depends on it.
state::Protocol protocol_for(const function::Assignment& assignment) {
  return function::protocol_of(
      assignment, function::find_target(assignment.target, assignment.state, function::MissingLayers::unpack));
}

}  // namespace

InstanceSpecSource::InstanceSpecSource(const run::ServeOptions& options) : options_(options) {
  const bool is_image = options.function.empty() && !is_path(options.target);
  if (!options.function.empty() || (is_image && options.watch))
    store_.emplace(state::Store::open(options.home, state::Store::Access::read, options.lock_timeout));
  if (options.watch) watch_.emplace();
  if (options.function.empty()) {
    InstanceSpec spec{.assignment = function::assignment_of(options.launch),
                      .key = {},
                      .image = {},
                      .keep_alive = options.keep_alive.value_or(default_keep_alive)};
    watch_sources(spec.assignment);
    spec.key = key_for(spec.assignment);
    last_ = std::make_shared<const InstanceSpec>(std::move(spec));
  } else if (watch_) {
    next();
  }
}

std::shared_ptr<const InstanceSpec> InstanceSpecSource::next() {
  look_at_code();
  if (!store_) return last_;
  auto found = look_up();
  if (last_ && last_->key == found->key && last_->keep_alive == found->keep_alive) return last_;
  if (watch_ && last_ && last_->key != found->key) note_change(options_.target);
  watch_sources(found->assignment);
  last_ = std::move(found);
  return last_;
}

std::shared_ptr<const InstanceSpec> InstanceSpecSource::look_up() {
  if (options_.function.empty()) {
    const std::string digest = store_->resolve(options_.target).descriptor.digest.str();
    if (digest == last_->assignment.target) return last_;
    InstanceSpec spec = *last_;
    spec.assignment.target = digest;
    if (options_.image_protocol) {
      spec.assignment.protocol.reset();
      spec.assignment.protocol = protocol_for(spec.assignment);
    }
    spec.key = key_for(spec.assignment);
    return std::make_shared<const InstanceSpec>(std::move(spec));
  }
  const routing::Route route = routing::choose(*store_, options_.function);
  InstanceSpec spec{.assignment = function::assign_function(route, {options_.home, options_.lock_timeout}),
                    .key = {},
                    .image = route.descriptor.digest,
                    .keep_alive = options_.keep_alive.value_or(route.function.keep_alive)};
  spec.assignment.concurrency = 1;  // each call has an instance to itself
  spec.key = key_for(spec.assignment);
  const bool is_known = last_ && last_->key == spec.key;
  if (!spec.assignment.protocol)
    spec.assignment.protocol = is_known ? last_->assignment.protocol : protocol_for(spec.assignment);
  return std::make_shared<const InstanceSpec>(std::move(spec));
}

std::string InstanceSpecSource::key_for(const function::Assignment& assignment) const {
  return fmt::format("{}#{}", function::key_of(assignment), edition_);
}

void InstanceSpecSource::watch_sources(const function::Assignment& assignment) {
  if (!watch_) return;
  std::vector<std::string> sources = function::mount_sources(assignment.settings);
  // The whole of this machine is not code.
  if (is_path(assignment.target) && assignment.target != "/") sources.push_back(assignment.target);
  if (sources == sources_) return;
  sources_ = std::move(sources);
  watch_->set(sources_);
  shortage_told_ = false;
}

void InstanceSpecSource::look_at_code() {
  auto path = watch_ ? watch_->take() : std::nullopt;
  if (!path) return;
  note_change(std::move(*path));
  ++edition_;
  InstanceSpec spec = *last_;
  spec.key = key_for(spec.assignment);
  last_ = std::make_shared<const InstanceSpec>(std::move(spec));
}

void InstanceSpecSource::note_change(std::string what) {
  if (!changed_) changed_ = std::move(what);
  changed_at_ = steady_clock::now();
}

std::optional<steady_clock::time_point> InstanceSpecSource::settles_at() const {
  return changed_ ? std::optional(changed_at_ + quiet_time) : std::nullopt;
}

std::optional<std::string> InstanceSpecSource::take_change() {
  return std::exchange(changed_, std::nullopt);
}

std::optional<std::size_t> InstanceSpecSource::take_shortage() {
  if (!watch_ || !watch_->is_incomplete() || std::exchange(shortage_told_, true)) return std::nullopt;
  return watch_->directories();
}

}  // namespace fn::serve
