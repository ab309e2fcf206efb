// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/linking.hpp"

namespace fn::img {

// Rule symbols.plug_in, for libraries that no program needs. What one left open in `before` must be given by what gave
// it there; what its own libraries gave, by them; what is new in it, by anything in the image.
void check_plug_ins(CheckedImage& before, const Linking& was, CheckedImage& after, const Linking& is,
                    Findings& findings);

}  // namespace fn::img
