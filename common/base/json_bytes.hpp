// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn {

// Paths, arguments and variables may have any bytes, strings of JSON only UTF-8. In documents from one of our programs
// to another, text that is not UTF-8 is {"hex": ".."}.
Json json_of_bytes(std::string_view text);
Json json_of_bytes(const std::vector<std::string>& texts);

// What json_of_bytes() was given. Throw integrity for anything else.
std::string bytes_of(const Json& json);
std::vector<std::string> list_of_bytes(const Json& json);

}  // namespace fn
