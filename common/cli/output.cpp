// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include "base/error_document.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"
#include "cli/verb_names.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/term.hpp"

#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace fn::cli {

void say(std::string_view text) {
  // There is nowhere left to report to.
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void say_error(const OutputFormat& format, const Error& error, int exit) {
  if (format.json) return say(error_document(error, exit).dump() + '\n');
  say(error_text(format.tool, styled("error:", Style::red, format.color_stderr), error));
}

void print(std::string_view text) {
  sys::write_full(STDOUT_FILENO, text, "stdout");
}

void print_json(const Json& document) {
  print(document.dump(sys::is_terminal(STDOUT_FILENO) ? 2 : -1) + '\n');
}

void print_report(const OutputFormat& format, std::string_view verb, const Report& report) {
  if (format.json) {
    Json document = Json::object();
    document.set("schema", fmt::format("{}.{}/1", format.tool, name_in_one_word(verb, '.')));
    for (const auto& [key, value] : report.json.as_object()) document.set(key, value);
    return print_json(document);
  }
  if (report.write) return report.write(STDOUT_FILENO);
  const std::string& text = format.quiet ? report.quiet : report.text;
  print(text);
  if (!text.empty() && text.back() != '\n') print("\n");
}

void close_stdout() {
  // Network file systems and quotas report a failed write at close(2) only.
  if (std::fflush(stdout) != 0 || ::close(STDOUT_FILENO) != 0) sys::fail_errno(errno, "cannot write 'stdout'");
}

}  // namespace fn::cli
