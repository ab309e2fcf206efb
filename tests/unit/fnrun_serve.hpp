// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fake_instance.hpp"
#include "serve/slot.hpp"

#include <doctest/doctest.h>
#include <memory>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace fn {

// What slots need, with a fn-instance that starts nothing: every call ends with its error, after FakeInstance::go().
struct ServeSite {
  Scratch scratch;
  FakeInstance fake{scratch};
  serve::Mailbox mailbox;
  serve::Journal journal{false, true};
  serve::InstanceGuard guard{scratch.path("home")};
  serve::Shared shared{mailbox, journal, guard};

  // The next messages; fails after 10 s without one.
  std::vector<serve::Message> wait() {
    pollfd watched{mailbox.fd(), POLLIN, 0};
    REQUIRE(poll(&watched, 1, 10'000) == 1);
    return mailbox.take();
  }

  serve::Call call(std::uint64_t number, const std::string& key = "key") const {
    serve::InstanceSpec spec{.assignment = {}, .key = key, .image = {}, .keep_alive = std::chrono::minutes(1)};
    spec.assignment.state.home = scratch.path("home");
    serve::Call made{
        .number = number, .invocation = {}, .spec = std::make_shared<const serve::InstanceSpec>(std::move(spec))};
    made.invocation.request.id = "call-" + std::to_string(number);
    return made;
  }
};

}  // namespace fn
