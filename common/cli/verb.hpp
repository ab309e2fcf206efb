// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/report.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

struct Example {
  std::string_view command;
  std::string_view what;
};

// A type-erased verb. Made by verb<T>().
struct Verb {
  std::string_view name;     // "build", or "function set": a group and a verb of it
  std::string_view summary;  // one line, lower case, no full stop
  std::vector<Example> examples;
  bool has_effects = false;  // gets -n/--dry-run
  int default_exit = 0;      // the exit code of errors without one of their own; 0: the kind's
  // Declares the flags of a fresh request and returns the function that runs it once they are parsed.
  using Run = std::function<Report(Context&, bool dry_run)>;
  std::function<Run(Command&)> declare;
};

// T is a struct of static functions:
//
//     struct Request {..};  void declare(Command&, Request&);      parse: opens nothing
//     struct Plan {..};     Plan plan(const Request&, Context&);   reads only (see below)
//     struct Result {..};   Result execute(const Plan&, Context&); the only step with effects
//     Report preview(const Plan&, const Context&);                 what --dry-run prints
//     Report report(const Result&, const Context&);                touches nothing
//
// and the constants `name`, `summary`, `examples`, perhaps `default_exit`. A verb that only reads has no execute and no
// preview: its report takes the Plan.
//
// A verb with effects changes nothing at all in plan(), so that a dry run leaves no trace; preview() says what would be
// prepared or cleared. The plan of a read-only verb may fill caches (the index of files), which only make answers
// faster, and does without them where it may not write.
template <typename T>
Verb verb() {
  constexpr bool effects = requires(const typename T::Plan& plan, Context& context) {
    T::execute(plan, context);
  };
  Verb made{.name = T::name, .summary = T::summary, .examples = T::examples(), .has_effects = effects, .declare = {}};
  if constexpr (requires { T::default_exit; }) made.default_exit = T::default_exit;
  made.declare = [](Command& command) -> Verb::Run {
    auto request = std::make_shared<typename T::Request>();
    T::declare(command, *request);
    return [request](Context& context, bool dry_run) -> Report {
      const typename T::Plan plan = T::plan(*request, context);
      if constexpr (requires { T::execute(plan, context); }) {
        if (dry_run) return T::preview(plan, context);
        return T::report(T::execute(plan, context), context);
      } else {
        (void)dry_run;
        return T::report(plan, context);
      }
    };
  };
  return made;
}

}  // namespace fn::cli
