// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/assignment.hpp"
#include "instance/instances.hpp"

namespace fn::function {

// Starts the supervisor of an instance, the program fn-instance, which outlives this process and inherits its
// environment. Returns as soon as the instance is listed and answers requests; its function may not take calls yet
// (instance::Client::wait_ready). Throws the error that kept it from starting.
instance::RunningInstance start_instance(const Assignment& assignment);

}  // namespace fn::function
