// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/plan/root_view.hpp"
#include "sandbox/plan/spec.hpp"

namespace fn::sandbox {

// What the kernel would refuse in the middle of the start. Throws usage for a place that is not below "/", and for a
// file on a directory or a directory on a file; not_found for a source that is gone.
void check_mounts(const Spec& spec, const RootView& view);

}  // namespace fn::sandbox
