// SPDX-License-Identifier: Apache-2.0
#include "serve/instance.hpp"

#include "function/start_instance.hpp"

#include <poll.h>

namespace fn::serve {
namespace {

// For a runtime that has something to tidy up.
constexpr std::chrono::milliseconds grace{500};

}  // namespace

Instance::Instance(instance::RunningInstance started, const InstanceSpec& spec, InstanceGuard& guard)
    : guard_(guard),
      home_(spec.assignment.state.home),
      id_(std::move(started.record.id)),
      key_(spec.key),
      dir_(std::move(started.dir)) {
  guard_.add(id_);
  client_.emplace(dir_.get());
}

std::unique_ptr<Instance> Instance::start(const InstanceSpec& spec, InstanceGuard& guard) {
  function::Assignment assignment = spec.assignment;
  // We end it ourselves.
  assignment.keep_alive = std::chrono::milliseconds(0);
  return std::unique_ptr<Instance>(new Instance(function::start_instance(assignment), spec, guard));
}

Instance::~Instance() {
  try {
    if (client_) client_->stop(grace);
  } catch (const Error&) {
    // It is gone, or the guard sees to it.
    return;
  }
  guard_.remove(id_);
}

bool Instance::is_gone() const {
  pollfd watched{client_->fd(), POLLRDHUP, 0};
  return poll(&watched, 1, 0) > 0;
}

bool Instance::is_paused() const {
  try {
    return instance::Instances(home_).get(id_).record.state == instance::State::paused;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace fn::serve
