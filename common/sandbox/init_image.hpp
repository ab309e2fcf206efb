// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// The program that is the first process of every sandbox (init/init.cpp), as a sealed memfd: made once, owned by this
// module. Throws failure.
int init_image();

}  // namespace fn::sandbox
