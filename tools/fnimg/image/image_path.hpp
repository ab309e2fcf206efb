// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fn::img {

// A path as users write it ("/usr//lib/", "./x") in an Entry's form. Throws usage for "..".
std::string image_path(std::string_view text);

}  // namespace fn::img
