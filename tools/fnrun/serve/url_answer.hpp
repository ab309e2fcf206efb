// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/outcome.hpp"
#include "http/message.hpp"
#include "serve/answers.hpp"

#include <string>
#include <variant>

// The answers of function URLs; see url_event.hpp.
namespace fn::serve {

// Why what a function answered can't be sent to a client.
struct InvalidAnswer {
  std::string reason;
};

// What a function answered, as HTTP. An object with statusCode is the answer in parts: headers, cookies, body. Anything
// else is the body itself: JSON as it is, a string without its quotes, nothing as nothing. No header that is sent has a
// line break or is one of the connection's.
std::variant<http::Response, InvalidAnswer> url_response(std::string answer);

// The answer to a call through a function URL. A failure of the function is 502 without a word of it, as from the
// service, or with `honest` has a status of its own (call/outcome.hpp). `outcome` becomes that of an answer that can't
// be sent, if it was success.
http::Response url_answer(call::Outcome& outcome, std::string response, const AnswerContext& context, bool honest);

}  // namespace fn::serve
