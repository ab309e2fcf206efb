// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "call/outcome.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace fn::serve {

// It can stand in a header: what a client or a function says of itself may be anything.
bool is_header_value(std::string_view text);

// The service's answer to a call that was not made: {"Type":"User","Message":..} and the header X-Amzn-ErrorType.
http::Response refusal(unsigned status, std::string_view type, std::string_view message);

// The data of a finished call.
struct AnswerContext {
  std::string request_id;
  std::string version;
  std::string trace_id;
  std::string content_type;  // of the function's response; "": application/json
  std::string log_tail;      // for X-Amz-Log-Result; "": not requested
};

// The headers of every answer to a call that was made.
http::Headers answer_headers(const AnswerContext& context);
// The answer to a call. A failure of the function is 200, as from the service, and told by X-Amz-Function-Error: SDKs
// repeat a call whose status is 500 or above. Without `aws_status` it has a status of its own (call/outcome.hpp), which
// X-Fn-Status has in any case, with the word for it in X-Fn-Outcome.
http::Response answer(const call::Outcome& outcome, std::string response, const AnswerContext& context,
                      bool aws_status);
// The value of X-Amz-Function-Error: "Handled" if the function reported the error itself, "Unhandled" if not; "" if it
// was not at fault.
std::string function_error(const call::Outcome& outcome);

// An error of ours as an outcome: the instance could not be started or is gone.
call::Outcome outcome_of_error(const Error& error);

}  // namespace fn::serve
