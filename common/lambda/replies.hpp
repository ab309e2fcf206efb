// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace fn::lambda {

// The answers of the API, status and body as RIE gives them.
http::Response accepted();            // 202 {"status":"OK"}
http::Response invalid_request_id();  // 400
http::Response invalid_response_mode();
http::Response truncated_request();
http::Response forbidden(std::string_view type, std::string_view message);  // 403
// 403 "State transition from FROM to TO failed for WHO".
http::Response invalid_transition(std::string_view from, std::string_view to);
http::Response invalid_extension_transition(std::string_view from, std::string_view to, std::string_view who);
http::Response too_large();  // 413
http::Response plain(unsigned status, std::string_view text);

// `type` if it looks like "Runtime.Xyz" or "Function.Xyz", otherwise Function.Unknown or Runtime.Unknown.
std::string valid_error_type(std::string_view type);

}  // namespace fn::lambda
