// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/platform.hpp"
#include "recipe/recipe.hpp"

namespace fn::img {

// Checks the values that a recipe sets against image-spec, config.md, and what runtimes take. Throws usage with the
// form that is wanted. Paths are not looked at for Windows, which writes them otherwise.
void check_config(const ConfigRecipe& config, const oci::Platform& platform);

}  // namespace fn::img
