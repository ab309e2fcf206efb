// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "lambda/runtime_api.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fn {

using Headers = std::map<std::string, std::string>;
using Log = std::vector<std::string>;

// What comes out of the Runtime API, as lines: "init done", "delivered a", "#1 202", "#2 403 InvalidStateTransition".
class Witness : public lambda::Answers, public lambda::Events {
 public:
  void answer(lambda::Call call, http::Response response) override {
    std::string line = fmt::format("#{} {}", call, response.status);
    if (response.status >= 400 && !response.body.empty() && response.body.front() == '{')
      line += ' ' + Json::parse(response.body, "answer").at("errorType").as_string();
    log.push_back(line);
    answers[call] = std::move(response);
  }
  void init_done() override { log.emplace_back("init done"); }
  void init_error(const std::string& extension, const lambda::ErrorReport& report) override {
    log.push_back(fmt::format("init error {}{} {}", extension, report.type, report.body));
  }
  void delivered(const std::string& id) override { log.push_back("delivered " + id); }
  void response_started(const std::string& id, const lambda::ResponseHead& head) override {
    log.push_back(fmt::format("started {} {}{}", id, head.content_type, head.streaming ? " streaming" : ""));
  }
  void response_chunk(const std::string& id, std::string_view bytes) override {
    body[id] += bytes;
    if (bytes.size() < 100) log.push_back(fmt::format("chunk {} {}", id, bytes));
  }
  void response_finished(const std::string& id) override { log.push_back("answered " + id); }
  void function_error(const std::string& id, const lambda::ErrorReport& report) override {
    log.push_back(fmt::format("error {} {}", id, report.type));
    errors[id] = report;
  }
  void timed_out(const std::string& id) override { log.push_back("timed out " + id); }
  void finished(const std::string& id) override { log.push_back("finished " + id); }
  void extension_error(const std::string& extension, const lambda::ErrorReport& report) override {
    log.push_back(fmt::format("extension error {} {}", extension, report.type));
  }
  void runtime_gone(const std::string& id) override { log.push_back("runtime gone " + id); }
  void restore_ready() override { log.emplace_back("restore ready"); }

  std::string header(lambda::Call call, const std::string& name) {
    for (const http::Header& header : answers[call].headers)
      if (header.name == name) return header.value;
    return {};
  }

  Log log;
  std::map<lambda::Call, http::Response> answers;
  std::map<std::string, std::string> body;
  std::map<std::string, lambda::ErrorReport> errors;
};

// The state machine with a clock of its own. Every request gets the next number.
class Story {
 public:
  explicit Story(const lambda::RuntimeApi::Config& config = {}) : api(with_ids(config), witness, witness) {}

  static lambda::RuntimeApi::Config with_ids(lambda::RuntimeApi::Config config) {
    config.make_id = [n = 0]() mutable { return fmt::format("00000000-0000-4000-8000-{:012}", ++n); };
    return config;
  }

  lambda::Request request(const std::string& method, const std::string& path, const Headers& headers = {}) {
    method_ = method;
    path_ = path;
    return {++calls, connection, method_, path_, lookup(headers)};
  }
  static lambda::Lookup lookup(const Headers& headers) {
    return [kept = std::make_shared<const Headers>(headers)](std::string_view name) -> std::optional<std::string_view> {
      const auto found = kept->find(std::string(name));
      if (found == kept->end()) return {};
      return found->second;
    };
  }

  // A whole request; returns its number.
  lambda::Call ask(const std::string& method, const std::string& path, const Headers& headers = {},
                   const std::string& body = {}, const Headers& trailers = {}) {
    const lambda::Request asked = request(method, path, headers);
    const lambda::RuntimeApi::Plan plan = api.head(asked, now);
    if (plan.body == lambda::RuntimeApi::Body::dropped) return calls;
    if (body.size() > plan.limit) {
      api.over_limit(asked.call, now);
      return calls;
    }
    const bool chunks = plan.body == lambda::RuntimeApi::Body::chunks;
    if (chunks && !body.empty()) api.chunk(asked.call, body, now);
    api.complete(asked, chunks ? "" : body, lookup(trailers), now);
    return calls;
  }
  lambda::Call next() { return ask("GET", "/2018-06-01/runtime/invocation/next"); }
  lambda::Call respond(const std::string& id, const std::string& body = "{}", const Headers& headers = {},
                       const Headers& trailers = {}) {
    return ask("POST", "/2018-06-01/runtime/invocation/" + id + "/response", headers, body, trailers);
  }
  lambda::Call report(const std::string& id, const Headers& headers = {}, const std::string& body = "{}") {
    return ask("POST", "/2018-06-01/runtime/invocation/" + id + "/error", headers, body);
  }
  lambda::Call enroll(const std::string& name, const std::string& events) {
    return ask("POST", "/2020-01-01/extension/register", {{"Lambda-Extension-Name", name}},
               "{\"events\":[" + events + "]}");
  }
  lambda::Call event_next(const std::string& id) {
    return ask("GET", "/2020-01-01/extension/event/next", {{"Lambda-Extension-Identifier", id}});
  }
  void invoke(const std::string& id, const std::string& event = "{}") {
    lambda::Invocation invocation;
    invocation.id = id;
    invocation.event = event;
    api.invoke(invocation, now);
  }
  void pass(std::chrono::milliseconds time) {
    now.steady += time;
    now.epoch_ms += time.count();
    api.tick(now);
  }
  // What happened since the last question.
  Log news() { return std::exchange(witness.log, {}); }

  Witness witness;
  lambda::Now now{std::chrono::steady_clock::time_point(std::chrono::hours(1)), 1'700'000'000'000};
  lambda::Call calls = 0;
  std::uint64_t connection = 1;

 private:
  std::string method_;
  std::string path_;

 public:
  lambda::RuntimeApi api;
};

inline const std::string extension_1 = "00000000-0000-4000-8000-000000000001";
inline const std::string extension_2 = "00000000-0000-4000-8000-000000000002";

}  // namespace fn
