// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.hpp"
#include "state/store.hpp"

#include <string>

namespace fn::routing {

// Where one call goes: a version of a function, and the settings of the call.
struct Route {
  state::Function function;    // its settings
  std::string reference;       // the image as the function names it
  oci::Descriptor descriptor;  // what that is now: a manifest or an index
  std::string version;         // its name for people: the reference's tag, or the first digits of the digest
};

// Where the next call of a function goes. To be looked up for each call: a function may be changed, or its image's tag
// moved, between two of them. Throws not_found, with did-you-mean, if there is no such function or its image is gone.
Route choose(state::Store& store, const std::string& function);

}  // namespace fn::routing
