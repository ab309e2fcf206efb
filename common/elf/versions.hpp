// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/dynamic.hpp"
#include "elf/facts.hpp"

#include <vector>

namespace fn::elf {

// DT_VERDEF and DT_VERNEED, in the order of the file; empty if it has none. Throw integrity.
std::vector<Version> read_defined_versions(const Dynamic& dynamic);
std::vector<VersionNeed> read_needed_versions(const Dynamic& dynamic);

}  // namespace fn::elf
