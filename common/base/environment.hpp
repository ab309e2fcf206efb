// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Environments as processes get them and image configs have them: a list of NAME=VALUE.
namespace fn::environment {

// The value of `name`, if it has one.
std::optional<std::string_view> get(const std::vector<std::string>& list, std::string_view name);
// Sets NAME of `variable` (NAME=VALUE): in place if it is already set, otherwise at the end.
void set(std::vector<std::string>& list, const std::string& variable);
// The same, but only if NAME is not set yet.
void set_if_missing(std::vector<std::string>& list, const std::string& variable);

}  // namespace fn::environment
