// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/process_end.hpp"
#include "function/limit_watch.hpp"
#include "function/settings.hpp"
#include "function/target.hpp"
#include "run/voice.hpp"
#include "sandbox/sandbox.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// What `fnrun run` was asked for.
struct RunRequest {
  std::string target;
  std::vector<std::string> command;
  std::optional<std::string> entrypoint;
  function::Settings settings;
  bool no_terminal = false;
  bool timing = false;  // the time of each step is to be told
  bool json = false;    // stdout is the report's, and all that can be said of the run goes into it

  // Our terminal is connected to the command.
  bool wants_terminal() const;

  friend bool operator==(const RunRequest&, const RunRequest&) = default;
};

// The sandbox for `target`. Throws as function::make_spec(), sandbox::make_plan().
sandbox::Plan plan_run(const function::Target& target, const RunRequest& request);

struct RunResult {
  call::ProcessEnd end;
  call::Limits limits;
  std::chrono::microseconds took{0};
  bool pooled = false;
  // With RunRequest::json; the last with `timing`, too.
  sandbox::Sandbox::Usage usage;
  std::vector<sandbox::WallState> walls;
  sandbox::Timing timing;

  // What people want to know of a run that a limit ended; else empty.
  std::string note() const;
};

// Did the command begin? An error of a run that did not leaves everything as it was.
enum class Begun { no, yes };

// Runs the planned command: passes signals and streams on, watches the limits, and leaves the sandbox to end on its
// own. The pool of `home` is asked; `voice` says what went wrong with it, and where published ports
// are. Throws what kept the command from starting
// (`begun` stays as it was), or from being served (`begun` is yes then).
RunResult run_command(const sandbox::Plan& plan, const RunRequest& request, const std::string& home, const Voice& voice,
                      Begun& begun);

}  // namespace fn::run
