// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/launch.hpp"

#include <csignal>
#include <string>
#include <vector>

namespace fn::sandbox {

// Blocks all signals while processes that share our memory still have our signal handlers.
class SignalsBlocked {
 public:
  SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

 private:
  sigset_t before_{};
};

// The signals that this process ignores, as Launch has them.
std::uint64_t ignored_signals();

// The form that exec expects: pointers into `strings`, then a null.
std::vector<char*> string_pointers(const std::vector<std::string>& strings);
// The Error for namespaces, or the process in them, that the kernel refused with `error`, an errno.
Error no_namespaces(int error);
// The Error that reports a failure to the user.
Error explain(const Failure& failure, const Plan& plan);

}  // namespace fn::sandbox
