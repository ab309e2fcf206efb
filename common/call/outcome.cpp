// SPDX-License-Identifier: Apache-2.0
#include "lambda/outcome.hpp"

#include "base/text.hpp"
#include "lambda/log_lines.hpp"
#include "lambda/replies.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace fn::lambda {
namespace {

enum class Fault { none, handled, unhandled };

struct Row {
  Status status;
  std::string_view name;
  int exit;
  unsigned http;
  Fault fault;
};

constexpr std::array<Row, 15> rows = {{
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

Outcome killed(int signal) {
  const char* name = sigabbrev_np(signal);
  const std::string text = name == nullptr ? std::to_string(signal) : fmt::format("SIG{}", name);
  return {Status::killed_by_signal, "Runtime.ExitError", "Runtime exited with error: signal: " + text, signal, {}};
}

Outcome out_of_memory(std::string_view limit) {
  return {Status::out_of_memory, "Runtime.OutOfMemory", fmt::format("the memory limit of {} is used up", limit), 0, {}};
}

Outcome missing_bootstrap() {
  return {Status::missing_bootstrap,
          "Runtime.InvalidEntrypoint",
          "no bootstrap: neither /var/task/bootstrap nor /opt/bootstrap nor /var/runtime/bootstrap is there",
          0,
          {}};
}

Outcome reported(std::string_view type, std::string body) {
  Outcome outcome;
  const bool large = type == "Function.ResponseSizeTooLarge";
  outcome.status = large ? Status::response_too_large : Status::function_error;
  outcome.error_type = type;
  try {
    outcome.message = Json::parse(body, "report", Kind::usage).string_or("errorMessage", "");
  } catch (const Error&) {
    // A function may report anything; the body goes on as it is.
    outcome.message = "";
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

http::Response http_answer(const Outcome& outcome) {
  const Row& row = row_of(outcome.status);
  http::Response response;
  response.status = row.http;
  response.headers.push_back({"Content-Type", "application/json"});
  if (row.fault != Fault::none) {
    // What only the runtime's client library noticed is not the function's own word.
    const bool handled = row.fault == Fault::handled && !outcome.error_type.starts_with("Runtime.");
    response.headers.push_back({"X-Amz-Function-Error", handled ? "Handled" : "Unhandled"});
  }
  response.body = outcome.body.empty() ? error_json(outcome.error_type, outcome.message) : outcome.body;
  return response;
}

Outcome outcome_of(const Json& json) {
  Outcome outcome;
  const std::string& name = json.at("status").as_string();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.name == name; });
  if (row == rows.end()) fail(Kind::integrity, "'{}' is no outcome of a call", printable(name));
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

}  // namespace fn::lambda
