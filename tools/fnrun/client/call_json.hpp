// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/request.hpp"

#include <string>

namespace fn::run {

// A call as the document of `invoke` shows it (fn-json(5)). `instance` is the one that keeps running, or "".
Json call_json(const call::Result& call, const std::string& instance, const std::string& response,
               const std::string& log);

}  // namespace fn::run
