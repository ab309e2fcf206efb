// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/spec.hpp"

#include <string>
#include <vector>

namespace fn::function {

// Where the service looks for external extensions: each file there is a program that runs beside the runtime.
inline constexpr const char* extensions_path = "/opt/extensions";

// The names of those that a sandbox would have, of its root and of its mounts; sorted. Throws what reading them throws.
std::vector<std::string> extension_names(const sandbox::Spec& spec);

// What an extension sees of the environment of the runtime: docs.aws.amazon.com/lambda/latest/dg/
// runtimes-extensions-api.html, "Environment variables".
std::vector<std::string> extension_environment(const std::vector<std::string>& environment);

}  // namespace fn::function
