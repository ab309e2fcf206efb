// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "instance/client.hpp"

#include <string>

namespace fn::run {

// One call by the protocol exec in a sandbox of its own that this process stands by: the way without a supervisor, and
// the fastest for a single call. Throws what a sandbox can't be started for, and sys::Interrupted.
instance::CallResult call_directly(const Assignment& assignment, const sandbox::Plan& plan,
                                   const instance::CallRequest& request, const std::string& event,
                                   const instance::Receiver& receiver);

}  // namespace fn::run
