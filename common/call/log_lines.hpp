// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/request.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace fn::call {

// A request id: UUID version 4 (RFC 9562 5.4) of kernel randomness.
std::string new_request_id();

// A trace id as the service makes one for a call that brings none, and that nobody samples:
// "Root=1-TIME-RANDOM;Parent=RANDOM;Sampled=0" (docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html).
std::string new_trace_id();

// What Lambda-Runtime-Deadline-Ms says: milliseconds since 1970.
std::int64_t deadline_ms(std::chrono::system_clock::time_point start, std::chrono::milliseconds timeout);

// The lines that Lambda writes around each invocation, byte for byte, newline included. The billed duration is the
// duration rounded up to a millisecond, and no duration exceeds the timeout. Memory is in MiB, which the service calls
// MB; the used amount is rounded up, and labelled if it does not cover all processes.
std::string start_line(std::string_view id, std::string_view version);
std::string end_line(std::string_view id);
std::string report_line(const Result& result);

// The line of an init that failed: before the call ("init"), or the second one, within it ("invoke").
// docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
std::string init_report_line(std::chrono::microseconds duration, std::string_view phase, const Outcome& outcome);

// "Task timed out after 3.00 seconds", the answer to the caller.
std::string timeout_message(std::chrono::milliseconds timeout);

}  // namespace fn::call
