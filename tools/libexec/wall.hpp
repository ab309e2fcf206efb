// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::foreign {

// Preloads what libraries would open files for later. To be called before the wall.
void load_locale();

// From here on this process can read fd 0, write fds 1 and 2, use memory and exit; see the top of fn_archive.cpp.
// Throws failure.
void raise_wall();

}  // namespace fn::foreign
