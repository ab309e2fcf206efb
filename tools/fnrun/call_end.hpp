// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "instance/call.hpp"
#include "lambda/outcome.hpp"
#include "oci/digest.hpp"
#include "routing/outcome_log.hpp"
#include "sandbox/sandbox.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace fn::run {

// What can be said of a process that ended, with nothing heard from it before.
struct Death {
  int status = 0;  // as wait(2) has it
  bool out_of_memory = false;
  Bytes memory_limit = 0;
};
// Of a runtime: it was to go on for ever.
lambda::Outcome outcome_of_runtime(const Death& death);
// Of a program that takes one event: exit code 0 is success, another the function's own word.
lambda::Outcome outcome_of_program(const Death& death);
lambda::Outcome response_too_large(Bytes limit);
lambda::Outcome init_timed_out(std::chrono::milliseconds limit);

// Whose calls are recorded.
struct Recorded {
  std::string function;  // "": nobody's
  oci::Digest image;
  std::string instance;  // id; "" if it was started for this call alone
};
// Appends the call to the outcomes of the state (routing/outcome_log.hpp).
void record_call(routing::OutcomeLog& log, const Recorded& of, const instance::CallResult& result,
                 std::chrono::system_clock::time_point started);
// A call that never was, for trouble of ours or of the image.
void record_not_started(routing::OutcomeLog& log, const Recorded& of);

// The REPORT line; a memory that is not of all processes together is labelled.
std::string report_line(const instance::CallResult& result);

}  // namespace fn::run
