// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "cli/report.hpp"

#include <string>
#include <string_view>

namespace fn::cli {

// How a process speaks: its name, and the form of what it says.
struct Voice {
  std::string tool;
  bool json = false;
  bool quiet = false;
  bool color_stdout = false;
  bool color_stderr = false;
};

// `text` on one line and without control characters. Those who made it have made foreign text printable(), so that
// backslashes stay.
std::string one_safe_line(std::string_view text);

// `text` on stderr; what can't be written there is lost.
void say(std::string_view text);

// "fnimg: error: WHAT" and "  hint: HINT" on stderr, or the JSON object {"error":{"kind","message","hint","exit"}}.
void say_error(const Voice& voice, const Error& error, int exit);

// `text` on stdout. Throws failure if it can't be written.
void print(std::string_view text);
// The same for a document: on one line, indented on a terminal.
void print_json(const Json& document);
// The report of `verb`, in the form that was asked for.
void print_report(const Voice& voice, std::string_view verb, const Report& report);

// Closes stdout. Throws failure if something that was written got lost.
void close_stdout();

}  // namespace fn::cli
