// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scratch.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace fn {

// A program fn-instance that says one line and ends, for as long as the object lives. What it was given lies in the
// scratch directory: `assignment`, and `environment` as env(1) prints it. With wait() it says nothing before go().
class FakeInstance {
 public:
  explicit FakeInstance(const Scratch& scratch) : scratch_(scratch) {
    scratch.write("libexec/fn-instance", "#!/bin/sh\ncd '" + scratch.path() + "' || exit 1\n" +
                                             "cat >assignment\nenv >environment\n" +
                                             "while [ -e wait ]; do sleep 0.01; done\ncat answer\n");
    std::filesystem::permissions(scratch.path("libexec/fn-instance"), std::filesystem::perms::owner_all);
    says(R"({"error":{"kind":3,"message":"it is a fake"}})");
    setenv("FN_LIBEXEC", scratch.path("libexec").c_str(), 1);
  }
  FakeInstance(const FakeInstance&) = delete;
  ~FakeInstance() {
    go();
    unsetenv("FN_LIBEXEC");
  }

  void says(const std::string& line) const { scratch_.write("answer", line); }
  void wait() const { scratch_.write("wait", ""); }
  void go() const { std::filesystem::remove(scratch_.path("wait")); }

 private:
  const Scratch& scratch_;
};

}  // namespace fn
