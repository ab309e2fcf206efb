// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "cli/report.hpp"

#include <string>
#include <string_view>

namespace fn::cli {

// How a process reports: its name and the output format.
struct OutputFormat {
  std::string tool;
  bool json = false;
  bool quiet = false;
  bool color_stdout = false;
  bool color_stderr = false;
};

// Writes `text` to stderr; errors are ignored.
void say(std::string_view text);

// "fnimg: error: WHAT" and "  hint: HINT" on stderr, or the JSON object {"error":{"kind","message","hint","exit"}}.
void say_error(const OutputFormat& format, const Error& error, int exit);

// Writes `text` to stdout. Throws failure if that fails.
void print(std::string_view text);
// The same for a JSON document: on one line, or indented on a terminal.
void print_json(const Json& document);
// The report of `verb`, in the requested format.
void print_report(const OutputFormat& format, std::string_view verb, const Report& report);

// Closes stdout. Throws failure if any output was lost.
void close_stdout();

}  // namespace fn::cli
