// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/assignment.hpp"
#include "sandbox/sandbox.hpp"
#include "sys/poll_set.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fn::run {

// The external extensions of an instance: programs that run beside the runtime, for as long as the instance is there.
class ExtensionPrograms {
 public:
  // Starts them; what they write goes to `output`, which is borrowed for the moment. Throws what keeps one from it.
  ExtensionPrograms(const function::Blueprint& blueprint, const sandbox::Plan& plan, sandbox::Sandbox& sandbox,
                    int output);

  bool any_running() const { return !running_.empty(); }
  void watch(sys::PollSet& set) const;

  struct Ended {
    std::string name;
    std::string how;  // "exit status 3", "signal: SIGKILL", or what kept it from being executed
  };
  // Those that ended since the last look.
  std::vector<Ended> take_ended(const sys::PollSet& set);

 private:
  struct Program {
    std::string name;
    sandbox::Plan plan;
    std::unique_ptr<sandbox::ExecProcess> process;
  };
  std::vector<std::unique_ptr<Program>> running_;
};

}  // namespace fn::run
