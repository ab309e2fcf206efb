// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/facts.hpp"
#include "elf/source.hpp"

#include <optional>

namespace fn::elf {

// What a loader decides by, of the file; nothing if it does not begin with ELF's magic. Files without PT_DYNAMIC
// (static programs, objects, cores) have facts, too. Reads at most 256 MiB, wherever the file says that tables are.
// Throws integrity for a file that contradicts itself or ends too early, saying which part of it does and where; what
// `source` throws passes.
std::optional<Facts> read_facts(Source& source);

}  // namespace fn::elf
