// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "compat/compat.hpp"

#include <string>
#include <string_view>

namespace fn::img {

// Sets the members of the schema fnimg.compat/1 but "a" and "b".
void add_compat_json(Json& json, const Compat& compat);
// `all`: also notices, what both images have, and what is not covered; else their numbers.
std::string compat_text(const Compat& compat, std::string_view before, std::string_view after, bool all, bool color);
std::string compat_markdown(const Compat& compat, std::string_view before, std::string_view after);

}  // namespace fn::img
