// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/facts.hpp"
#include "elf/layout.hpp"

namespace fn::elf {

// Takes what `facts` wants from all PT_NOTE: .note.gnu.property's ISA level, .note.dlopen. Throws integrity.
void read_notes(Layout& layout, Facts& facts);

}  // namespace fn::elf
