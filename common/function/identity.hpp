// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/spec.hpp"

#include <string_view>

namespace fn::function {

// The ids that `user` resolves to: "", "1000", "1000:100", "www-data", "www-data:www-data" (image-spec, config.md,
// "User"). Names are looked up in the image's own etc/passwd and etc/group, and so are the groups of a user. Throws
// not_found with the reason "unknown_user".
sandbox::Identity resolve_user(std::string_view user, const sandbox::RootFiles& root);

}  // namespace fn::function
