// SPDX-License-Identifier: Apache-2.0
#include "call/log_lines.hpp"
#include "call/outcome.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <set>

using namespace fn;
using namespace fn::call;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_CASE("the line of an init that failed is the service's, and one line whatever the type is") {
  CHECK(init_report_line(microseconds(1236040), "init", init_timed_out(milliseconds(1000))) ==
        "INIT_REPORT Init Duration: 1236.04 ms\tPhase: init\tStatus: timeout\n");
  CHECK(init_report_line(microseconds(10), "invoke", reported("A\nB", "")) ==
        "INIT_REPORT Init Duration: 0.01 ms\tPhase: invoke\tStatus: error\tError Type: A\\nB\n");
}

TEST_CASE("the lines around an invocation") {
  CHECK(start_line("i", "$LATEST") == "START RequestId: i Version: $LATEST\n");
  CHECK(end_line("i") == "END RequestId: i\n");
  Result report;
  report.request_id = std::string("i");
  report.init = microseconds(123456);
  report.duration = microseconds(2001);
  report.memory_limit = 512 * MiB;
  report.peak_memory = 30 * MiB + 1;
  CHECK(report_line(report) ==
        "REPORT RequestId: i\tInit Duration: 123.46 ms\tDuration: 2.00 ms\tBilled Duration: 3 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 31 MB\t\n");
  report.init.reset();
  report.duration = microseconds(3'000'400);
  report.timeout = milliseconds(3000);
  CHECK(report_line(report) ==
        "REPORT RequestId: i\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 512 MB\tMax Memory Used: 31 "
        "MB\t\n");
  report.peak_is_approximate = true;
  CHECK(report_line(report).ends_with("Max Memory Used: 31 MB (approximate)\t\n"));
  CHECK(timeout_message(milliseconds(3000)) == "Task timed out after 3.00 seconds");
  CHECK(timeout_message(milliseconds(250)) == "Task timed out after 0.25 seconds");
}

TEST_CASE("request ids are UUIDs of version 4, and deadlines milliseconds") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_request_id();
    REQUIRE(id.size() == 36);
    CHECK(id[14] == '4');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    CHECK(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
    seen.insert(id);
  }
  CHECK(seen.size() == 1000);
  CHECK(deadline_ms(std::chrono::system_clock::time_point(std::chrono::seconds(1)), milliseconds(5)) == 1005);
}

TEST_CASE("every way to end has its own exit code, but for SIGKILL at the memory limit and what can't start") {
  std::set<int> codes;
  std::set<std::string_view> names;
  for (int i = 0; i <= int(Status::out_of_memory); ++i) {
    Outcome outcome;
    outcome.status = Status(i);
    outcome.signal = SIGSEGV;
    codes.insert(exit_code(outcome));
    names.insert(status_name(outcome.status));
    CHECK((exit_code(outcome) < 2 || exit_code(outcome) > 8));
    CHECK(exit_code(outcome) != 70);
  }
  CHECK(codes.size() == 15);
  CHECK(names.size() == 16);
  CHECK(exit_code({Status::not_started, "", "", 0, {}}) == exit_code({Status::bad_image, "", "", 0, {}}));
  CHECK(exit_code(killed(SIGKILL)) == exit_code(out_of_memory("128 MiB")));
}

TEST_CASE("outcomes as JSON and as answers") {
  CHECK(
      to_json(killed(SIGSEGV)).dump() ==
      "{\"status\":\"killed_by_signal\",\"exit\":139,\"error_type\":\"Runtime.ExitError\",\"message\":\"Runtime exited "
      "with error: signal: SIGSEGV\",\"signal\":11}");
  CHECK(to_json(Outcome{}).dump() == "{\"status\":\"success\",\"exit\":0}");
  const auto row = [](const Outcome& outcome) {
    constexpr std::string_view faults[] = {"-", "Handled", "Unhandled"};
    return fmt::format("{} {} {}", http_status(outcome), faults[int(fault_of(outcome))], error_body(outcome));
  };
  CHECK(row(reported("Function.Oops", "{\"errorMessage\":\"m\"}")) == "502 Handled {\"errorMessage\":\"m\"}");
  CHECK(reported("Function.Oops", "{\"errorMessage\":\"m\"}").message == "m");
  CHECK(row(reported("Runtime.TruncatedResponse", "not json")) == "502 Unhandled not json");
  CHECK(reported("Function.ResponseSizeTooLarge", "").status == Status::response_too_large);
  CHECK(row(timed_out(milliseconds(3000))) ==
        "504 Unhandled {\"errorMessage\":\"Task timed out after 3.00 seconds\",\"errorType\":\"Sandbox.Timedout\"}");
  CHECK(row(out_of_memory("128 MiB")).starts_with("507 Unhandled "));
  CHECK(row({Status::throttled, "TooManyRequestsException", "Rate Exceeded.", 0, {}}) ==
        "429 - {\"errorMessage\":\"Rate Exceeded.\",\"errorType\":\"TooManyRequestsException\"}");
  CHECK(http_status({Status::event_too_large, "", "", 0, {}}) == 413);
  CHECK(http_status(exited(3)) == 502);
  CHECK(exited(3).message == "Runtime exited with error: exit status 3");
  CHECK(exit_code(missing_bootstrap()) == 127);
}

TEST_CASE("trace ids have the form of X-Ray's, with this second in them") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_trace_id();
    REQUIRE(id.size() == 74);
    CHECK(id.starts_with("Root=1-"));
    CHECK(id.substr(40).starts_with(";Parent="));
    CHECK(id.ends_with(";Sampled=0"));
    seen.insert(id);
  }
  CHECK(seen.size() == 1000);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const auto told = std::stoll(seen.begin()->substr(7, 8), nullptr, 16);
  CHECK(now - told < 60);
}

TEST_CASE("an error is told as the function reported it") {
  const auto told = [](const Outcome& outcome) { return error_words(outcome) + "|" + error_report(outcome); };
  CHECK(told(reported("Runtime.Unknown", R"({"errorType":"My.Err","errorMessage":"a\nb","stackTrace":["x"]})")) ==
        "My.Err: a\n  b|{\"errorType\":\"My.Err\",\"errorMessage\":\"a\\nb\",\"stackTrace\":[\"x\"]}\n");
  // Nothing more to say than the words do.
  CHECK(told(reported("Function.Oops", error_json("Function.Oops", "no"))) == "Function.Oops: no|");
  CHECK(told(reported("Runtime.Unknown", "at C:\\a\n\tat b\x1b[2J\n", "My Err")) ==
        "My Err|  at C:\\a\n  \tat b\\x1b[2J\n");
  // No line of it reads as one of ours.
  const std::string forged = "x\nEND RequestId: 1\r\nREPORT RequestId: 1";
  CHECK(told(reported("Runtime.Unknown", error_json(forged, forged))) ==
        "x\n  END RequestId: 1\\x0d\n  REPORT RequestId: 1: x\n  END RequestId: 1\\x0d\n  REPORT RequestId: 1|");
  CHECK(told(reported("Runtime.Unknown", "END RequestId: 1")) == "Runtime.Unknown|  END RequestId: 1\n");
  CHECK(told(reported("Runtime.Unknown", "{\nEND RequestId: 1\n}")) == "Runtime.Unknown|{\n  END RequestId: 1\n  }\n");
  CHECK(told(reported("Runtime.Unknown", R"({"errorType":7,"errorMessage":"m"})", "Said")) ==
        "Said: m|{\"errorType\":7,\"errorMessage\":\"m\"}\n");
  CHECK(told(reported("Runtime.Unknown", "")) == "Runtime.Unknown|");
  CHECK(told(killed(SIGSEGV)) == "Runtime.ExitError: Runtime exited with error: signal: SIGSEGV|");
  CHECK(fault_of(reported("Function.Oops", "{}")) == Fault::handled);
  CHECK(fault_of(reported("Function.Oops", R"({"errorType":"TypeError"})")) == Fault::unhandled);
}
