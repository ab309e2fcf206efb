// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/dynamic.hpp"
#include "elf/facts.hpp"

namespace fn::elf {

// Fills symbols and names of `facts`, whose versions were read. Throws integrity.
void read_symbols(Layout& layout, const Dynamic& dynamic, Facts& facts);

}  // namespace fn::elf
