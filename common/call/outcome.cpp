// SPDX-License-Identifier: Apache-2.0
#include "call/outcome.hpp"

#include "base/text.hpp"
#include "call/log_lines.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace fn::call {
namespace {

struct Row {
  Status status;
  std::string_view name;
  int exit;
  unsigned http;
  Fault fault;
};

constexpr std::array<Row, 16> rows = {{
    {Status::success, "success", 0, 200, Fault::none},
    {Status::function_error, "function_error", 1, 502, Fault::handled},
    {Status::event_too_large, "event_too_large", 20, 413, Fault::none},
    {Status::response_too_large, "response_too_large", 21, 502, Fault::unhandled},
    {Status::init_error, "init_error", 22, 500, Fault::unhandled},
    {Status::exited, "exited", 23, 502, Fault::unhandled},
    {Status::throttled, "throttled", 24, 429, Fault::none},
    {Status::extension_error, "extension_error", 25, 502, Fault::unhandled},
    {Status::init_timeout, "init_timeout", 26, 504, Fault::unhandled},
    {Status::timeout, "timeout", 124, 504, Fault::unhandled},
    {Status::not_started, "not_started", 125, 500, Fault::none},
    {Status::bad_image, "bad_image", 125, 500, Fault::none},
    {Status::not_executable, "not_executable", 126, 500, Fault::unhandled},
    {Status::missing_bootstrap, "missing_bootstrap", 127, 500, Fault::unhandled},
    {Status::killed_by_signal, "killed_by_signal", 128, 502, Fault::unhandled},
    {Status::out_of_memory, "out_of_memory", 128 + SIGKILL, 507, Fault::unhandled},
}};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].status != Status(i)) return false;
  return true;
}
static_assert(rows_are_in_order());

const Row& row_of(Status status) {
  return rows[std::size_t(status)];
}

std::string word_of(const Json& report, std::string_view name) {
  const Json* word = report.find(name);
  return word != nullptr && word->is_string() ? word->as_string() : "";
}

// Foreign text of several lines, of which those behind the first are set in: none of them can be taken for a line that
// we write.
std::string set_in(std::string_view text) {
  std::string out;
  for (const char c : printable_lines(text)) {
    if (!out.empty() && out.back() == '\n') out += "  ";
    out += c;
  }
  return out;
}

}  // namespace

std::string_view status_name(Status status) {
  return row_of(status).name;
}

Outcome timed_out(std::chrono::milliseconds timeout) {
  return {Status::timeout, "Sandbox.Timedout", timeout_message(timeout), 0, {}};
}

Outcome exited(int code) {
  const std::string why = code == 0 ? "Runtime exited without providing a reason"
                                    : fmt::format("Runtime exited with error: exit status {}", code);
  return {Status::exited, "Runtime.ExitError", why, 0, {}};
}

std::string signal_text(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal: {}", signal) : fmt::format("signal: SIG{}", name);
}

Outcome killed(int signal) {
  const std::string why = "Runtime exited with error: " + signal_text(signal);
  return {Status::killed_by_signal, "Runtime.ExitError", why, signal, {}};
}

Outcome out_of_memory(std::string_view limit) {
  return {Status::out_of_memory, "Runtime.OutOfMemory", fmt::format("exceeded the memory limit of {}", limit), 0, {}};
}

Outcome missing_bootstrap() {
  return {Status::missing_bootstrap,
          "Runtime.InvalidEntrypoint",
          "no bootstrap: none of /var/task/bootstrap, /opt/bootstrap and /var/runtime/bootstrap exists",
          0,
          {}};
}

Outcome response_too_large(Bytes limit) {
  constexpr std::string_view type = "Function.ResponseSizeTooLarge";
  return reported(
      type,
      error_json(type, fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", limit)));
}

Outcome init_timed_out(std::chrono::milliseconds limit) {
  return {Status::init_timeout,
          "Sandbox.Timedout",
          fmt::format("the runtime did not ask for an event within {}", human_duration(limit)),
          0,
          {}};
}

Outcome reported(std::string_view type, std::string body, std::string_view said) {
  Outcome outcome;
  const bool large = type == "Function.ResponseSizeTooLarge";
  outcome.status = large ? Status::response_too_large : Status::function_error;
  outcome.error_type = said.empty() ? type : said;
  try {
    const Json report = Json::parse(body, "report", Kind::usage);
    if (std::string word = word_of(report, "errorType"); !word.empty()) outcome.error_type = std::move(word);
    outcome.message = word_of(report, "errorMessage");
  } catch (const Error&) {
    // A function may report anything; the body goes on as it is.
  }
  outcome.body = std::move(body);
  return outcome;
}

int exit_code(const Outcome& outcome) {
  const int code = row_of(outcome.status).exit;
  return outcome.status == Status::killed_by_signal ? code + outcome.signal : code;
}

unsigned http_status(const Outcome& outcome) {
  return row_of(outcome.status).http;
}

Fault fault_of(const Outcome& outcome) {
  const Fault fault = row_of(outcome.status).fault;
  // As with the service, the name of an exception that the runtime's client library caught is not one of these.
  return fault == Fault::handled && !outcome.error_type.starts_with("Function.") ? Fault::unhandled : fault;
}

std::string error_json(std::string_view type, std::string_view message) {
  return Json::object().set("errorMessage", message).set("errorType", type).dump();
}

std::string error_body(const Outcome& outcome) {
  return outcome.body.empty() ? error_json(outcome.error_type, outcome.message) : outcome.body;
}

std::string error_words(const Outcome& outcome) {
  const bool both = !outcome.error_type.empty() && !outcome.message.empty();
  return set_in(outcome.error_type + (both ? ": " : "") + outcome.message);
}

std::string error_report(const Outcome& outcome) {
  if (outcome.body.empty() || outcome.body == error_json(outcome.error_type, outcome.message)) return "";
  std::string text = set_in(outcome.body);
  // None of our lines begins like an object.
  if (text.front() != '{') text.insert(0, "  ");
  if (text.back() != '\n') text += '\n';
  return text;
}

Outcome outcome_of(const Json& json) {
  Outcome outcome;
  const std::string& name = json.at("status").as_string();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.name == name; });
  if (row == rows.end()) fail(Kind::integrity, "'{}' is not a call outcome", printable(name));
  outcome.status = row->status;
  outcome.error_type = json.string_or("error_type", "");
  outcome.message = json.string_or("message", "");
  outcome.signal = static_cast<int>(json.integer_or("signal", 0));
  outcome.body = json.string_or("body", "");
  return outcome;
}

Json to_json(const Outcome& outcome) {
  Json json = Json::object().set("status", status_name(outcome.status)).set("exit", exit_code(outcome));
  if (!outcome.error_type.empty()) json.set("error_type", outcome.error_type);
  if (!outcome.message.empty()) json.set("message", outcome.message);
  if (outcome.status == Status::killed_by_signal) json.set("signal", outcome.signal);
  return json;
}

Json to_json_with_body(const Outcome& outcome) {
  Json json = to_json(outcome);
  if (!outcome.body.empty()) json.set("body", outcome.body);
  return json;
}

}  // namespace fn::call
