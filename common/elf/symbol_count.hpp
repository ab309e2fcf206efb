// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/dynamic.hpp"

#include <cstdint>

namespace fn::elf {

// Entries of DT_SYMTAB that a loader can come to. Throws integrity.
std::uint64_t count_symbols(Layout& layout, const Dynamic& dynamic);

}  // namespace fn::elf
