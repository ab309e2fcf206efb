// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fn::run {

// The event that -e stands for: "-" is standard input, "@FILE" a file; text that is JSON, or begins with '{', '[' or
// '"', is the event itself; anything else is a file name. Nothing: "{}". Throws not_found, failure.
std::string read_event(const std::optional<std::string>& word);

// Begins as an event in JSON does and no file or program would.
bool looks_like_json(std::string_view word);

// Throws usage, with the reason "bad_event", unless `event` is JSON.
void check_event(const std::string& event);

}  // namespace fn::run
