// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fn::state {

// Where the state is unless --home says: FN_HOME, else /var/lib/fn for root, else $XDG_DATA_HOME/fn or
// ~/.local/share/fn. Throws usage if none of them is known.
std::string default_home();

}  // namespace fn::state
