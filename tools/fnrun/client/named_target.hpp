// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/target.hpp"

#include <string>

namespace fn::run {

// What else than a directory the word may name.
enum class Named { image, function_or_image };

// function::find_target() for a word that a person gave. If there is nothing of that name, the hint says what is
// probably meant: a function, an image, or a directory that was named without "./".
function::Target find_named_target(const std::string& name, const function::StateOptions& state,
                                   function::MissingLayers missing, Named what);

}  // namespace fn::run
