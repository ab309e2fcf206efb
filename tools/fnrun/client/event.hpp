// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace fn::run {

// The event that -e stands for: "-" is standard input, "@FILE" a file; what is JSON, or begins with '{', '[' or '"', is
// the event itself; all else is the name of a file. Nothing: "{}". Throws not_found, failure.
std::string read_event(const std::optional<std::string>& word);

// Throws usage, with the reason "bad_event", unless `event` is JSON.
void check_event(const std::string& event);

}  // namespace fn::run
