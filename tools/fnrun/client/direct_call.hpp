// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "function/assignment.hpp"
#include "instance/client.hpp"

#include <string>

namespace fn::run {

// One call over the protocol exec in a sandbox of its own, supervised by this process: needs no supervisor process, and
// is fastest for a single call. Throws if the sandbox cannot be started, and sys::Interrupted.
call::Result call_directly(const function::Assignment& assignment, const sandbox::Plan& plan,
                           const call::Request& request, const std::string& event, const call::Receiver& receiver,
                           const cli::Context& context);

}  // namespace fn::run
