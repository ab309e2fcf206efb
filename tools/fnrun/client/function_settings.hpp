// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "state/store.hpp"

#include <string>
#include <vector>

namespace fn::run {

// A setting as people read it and, except for "no limit", could type it: {"memory", "512MiB"}, {"env LANG", "C"}.
struct Setting {
  std::string name;
  std::string value;
};

// The settings of a function in the order of its flags, without its name and times. Foreign text is not escaped.
std::vector<Setting> settings_of(const state::Function& function);

// All of a function, as fn-json(5) has it; `image` is the digest that its reference names now, empty if that is gone.
Json json_of(const state::Function& function, const oci::Digest& image);

// The digest that a function's reference names now; empty if the image is no longer in the store.
oci::Digest digest_of(const state::Store& store, const state::Function& function);

}  // namespace fn::run
