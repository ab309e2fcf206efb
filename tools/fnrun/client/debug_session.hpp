// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/request.hpp"
#include "client/callee.hpp"

#include <optional>
#include <string>

namespace fn::run {

// One call of a function that waits for a debugger, in an instance of its own that ends with it.
struct DebugSession {
  struct Request {
    CallTarget target;
    function::Debugger debugger = function::Debugger::node;
    std::optional<std::string> listen;  // where the debugger is reached; nothing: its usual port
    std::string event;
  };

  Request request;
  function::Assignment assignment;
  std::size_t missing_layers = 0;  // they are to be unpacked before more can be said

  // Changes nothing, except that it unpacks layers if requested. Throws usage, not_found, and what keeps the function
  // from being started.
  static DebugSession make(Request request, function::MissingLayers missing, const cli::Context& context);
  // ADDR:PORT, outside; port 0 until it has begun.
  std::string address() const;

  struct Result {
    std::string address;
    call::Result call;
    std::string response;  // with --json
    std::string log;
  };
  // Says where the debugger is to connect, sends the event and prints what comes, as `invoke` does.
  Result run(const cli::Context& context) const;
};

}  // namespace fn::run
