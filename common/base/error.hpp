// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fn {

// Why something could not be done. The value is the exit code of the process (fn(7), EXIT STATUS).
enum class Kind : int {
  usage = 2,        // bad flag or bad input
  failure = 3,      // an operation failed: I/O, a full disk
  not_found = 4,    // no such image, layer, path
  busy = 5,         // held by another process past --lock-timeout
  integrity = 6,    // digest mismatch, corrupt blob or state, newer state
  unsupported = 7,  // this host lacks a feature or a permission
  partial = 8,      // only part of the work was done
  internal = 70,    // a bug of ours
  timeout = 124,
};

// The name of a kind in JSON errors: "usage", "not_found", ...
std::string_view kind_name(Kind kind);

// The one exception type. `what()` says what failed and why in lower case, without a full stop;
// `hint` says what to do about it, or is empty.
class Error : public std::runtime_error {
 public:
  Error(Kind kind, const std::string& what, std::string hint = {})
      : std::runtime_error(what), kind_(kind), hint_(std::move(hint)) {}

  Kind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }
  // The exit code if it differs from the kind's: fnrun's 125 to 127 (fnrun(1), EXIT STATUS). 0: the kind's.
  int exit() const { return exit_; }
  // One word for scripts, finer than the kind: "wrong_architecture". May be empty.
  const std::string& reason() const { return reason_; }

  // The same error seen from a caller that knows more: "CONTEXT: what".
  Error within(std::string_view context) const {
    return Error(kind_, fmt::format("{}: {}", context, what()), hint_).as(exit_, reason_);
  }
  // The same error with an exit code (0: the kind's) and a reason of its own.
  Error as(int exit, std::string reason) && {
    exit_ = exit;
    reason_ = std::move(reason);
    return std::move(*this);
  }

 private:
  Kind kind_;
  std::string hint_;
  int exit_ = 0;
  std::string reason_;
};

template <typename... Args>
[[noreturn]] void fail(Kind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

// fail() with a hint: fail_hint(kind, "run 'fnimg ls'", "image '{}' not found", ref).
template <typename... Args>
[[noreturn]] void fail_hint(Kind kind, std::string hint, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...), std::move(hint));
}

// As it is said to people: "TOOL: WORD WHAT" and "  hint: HINT", a line each; `word` is "error:", perhaps in colour.
std::string error_text(std::string_view tool, std::string_view word, const Error& error);

// Calls `body`; "CONTEXT: " is prepended to an Error that it throws. `context` is called only then.
template <typename Context, typename Body>
decltype(auto) while_doing(Context&& context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw error.within(std::forward<Context>(context)());
  }
}

}  // namespace fn
