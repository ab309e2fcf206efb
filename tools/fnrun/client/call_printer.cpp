// SPDX-License-Identifier: Apache-2.0
#include "client/call_printer.hpp"

#include "call/log_lines.hpp"
#include "cli/output.hpp"
#include "sys/file.hpp"

#include <unistd.h>
#include <utility>

namespace fn::run {
namespace {

constexpr std::size_t log_tail = 16 * 1024;

}  // namespace

CallPrinter::CallPrinter(bool keep, bool quiet, std::string request_id, std::string version)
    : keep_(keep),
      quiet_(quiet),
      request_id_(std::move(request_id)),
      version_(std::move(version)),
      streams_are_one_(sys::is_same_file(STDOUT_FILENO, STDERR_FILENO)) {
  receiver_.chunk = [this](std::string_view bytes) {
    begin();
    take_response(bytes);
  };
  receiver_.log = [this](std::string_view bytes) {
    begin();
    take_log(bytes);
  };
}

void CallPrinter::begin() {
  if (begun_) return;
  begun_ = true;
  if (!keep_ && !quiet_) cli::say(call::start_line(request_id_, version_));
}

void CallPrinter::take_response(std::string_view bytes) {
  if (keep_) {
    response_ += bytes;
    return;
  }
  if (streams_are_one_ && !bytes.empty()) {
    if (open_line_ == Open::log) end_line();
    open_line_ = bytes.back() == '\n' ? Open::nothing : Open::response;
  }
  sys::write_full(STDOUT_FILENO, bytes, "stdout");
}

void CallPrinter::take_log(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!keep_) {
    if (open_line_ == Open::response) end_line();
    open_line_ = bytes.back() == '\n' ? Open::nothing : Open::log;
    return sys::write_full(STDERR_FILENO, bytes, "stderr");
  }
  log_ += bytes;
  if (log_.size() > 2 * log_tail) log_.erase(0, log_.size() - log_tail);
}

void CallPrinter::end_line() {
  if (std::exchange(open_line_, Open::nothing) != Open::nothing) cli::say("\n");
}

void CallPrinter::finish(const call::Result& result) {
  begin();
  if (log_.size() > log_tail) log_.erase(0, log_.size() - log_tail);
  if (keep_) return;
  const bool failed = result.outcome.status != call::Status::success;
  if (!quiet_ || failed) end_line();
  if (!quiet_) cli::say(call::end_line(request_id_) + call::report_line(result));
  if (!failed) return;
  const call::Outcome& outcome = result.outcome;
  const std::string words = call::error_words(outcome);
  cli::say(fmt::format("fnrun: {}{}{}\n{}", call::status_name(outcome.status), words.empty() ? "" : ": ", words,
                       call::error_report(outcome)));
}

}  // namespace fn::run
