// SPDX-License-Identifier: Apache-2.0
#include "call_printer.hpp"

#include "base/text.hpp"
#include "call_end.hpp"
#include "cli/output.hpp"
#include "lambda/log_lines.hpp"
#include "sys/file.hpp"

#include <unistd.h>

namespace fn::run {
namespace {

constexpr std::size_t log_tail = 16 * 1024;

}  // namespace

CallPrinter::CallPrinter(bool keep, bool quiet, std::string request_id, std::string version)
    : keep_(keep), quiet_(quiet), request_id_(std::move(request_id)), version_(std::move(version)) {
  receiver_.chunk = [this](std::string_view bytes) {
    begin();
    if (keep_)
      response_ += bytes;
    else
      sys::write_full(STDOUT_FILENO, bytes, "standard output");
  };
  receiver_.log = [this](std::string_view bytes) {
    begin();
    take_log(bytes);
  };
}

void CallPrinter::begin() {
  if (begun_) return;
  begun_ = true;
  if (!keep_ && !quiet_) cli::say(lambda::start_line(request_id_, version_));
}

void CallPrinter::take_log(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!keep_) {
    line_is_open_ = bytes.back() != '\n';
    return sys::write_full(STDERR_FILENO, bytes, "standard error");
  }
  log_ += bytes;
  if (log_.size() > 2 * log_tail) log_.erase(0, log_.size() - log_tail);
}

void CallPrinter::finish(const instance::CallResult& result) {
  begin();
  if (log_.size() > log_tail) log_.erase(0, log_.size() - log_tail);
  if (keep_) return;
  if (line_is_open_) cli::say("\n");
  if (!quiet_) cli::say(lambda::end_line(request_id_) + report_line(result));
  const lambda::Outcome outcome = lambda::outcome_of(result.outcome);
  if (outcome.status == lambda::Status::success) return;
  const std::string type = outcome.error_type.empty() ? "" : ": " + outcome.error_type;
  const std::string message = outcome.message.empty() ? "" : ": " + outcome.message;
  cli::say(fmt::format("fnrun: {}{}{}\n", lambda::status_name(outcome.status), printable(type), printable(message)));
}

}  // namespace fn::run
