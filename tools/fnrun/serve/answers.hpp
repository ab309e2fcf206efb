// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "http/message.hpp"
#include "lambda/outcome.hpp"

#include <string>
#include <string_view>

namespace fn::serve {

// The service's answer to a call that was not made: {"Type":"User","Message":..} and the header X-Amzn-ErrorType.
http::Response refusal(unsigned status, std::string_view type, std::string_view message);

// What is known of a call when it is answered.
struct Known {
  std::string request_id;
  std::string version;
  std::string content_type;  // of the function's response; "": application/json
  std::string log_tail;      // for X-Amz-Log-Result; "": that was not asked for
};

// The headers of every answer to a call that was made.
http::Headers answer_headers(const Known& known);
// The answer to a call. With `aws_status` a failure of the function is 200 and told by X-Amz-Function-Error alone.
http::Response answer(const lambda::Outcome& outcome, std::string response, const Known& known, bool aws_status);
// "Handled", "Unhandled" or "".
std::string function_error(const http::Response& response);

// An error of ours, as an outcome: of an instance that could not be started or is gone.
lambda::Outcome outcome_of_error(const Error& error);

}  // namespace fn::serve
