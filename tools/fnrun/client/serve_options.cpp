// SPDX-License-Identifier: Apache-2.0
#include "client/serve_options.hpp"

#include "base/json_bytes.hpp"
#include "base/text.hpp"

namespace fn::run {
namespace {

using std::chrono::milliseconds;

std::optional<milliseconds> duration_of(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  if (member == nullptr || member->is_null()) return std::nullopt;
  return milliseconds(member->as_integer());
}

}  // namespace

Json to_json(const ServeOptions& options) {
  Json json = Json::object();
  json.set("home", json_of_bytes(options.home))
      .set("lock_timeout_ms", std::int64_t{options.lock_timeout.count()})
      .set("socket", options.socket)
      .set("endpoint", options.endpoint)
      .set("function", options.function)
      .set("target", json_of_bytes(options.target))
      .set("version", options.version)
      .set("launch", options.launch)
      .set("concurrency", options.concurrency)
      .set("queue", options.queue)
      .set("grace_ms", std::int64_t{options.grace.count()})
      .set("from_pages", options.from_pages)
      .set("url_events", options.url_events)
      .set("any_host", options.any_host)
      .set("watch", options.watch)
      .set("image_protocol", options.image_protocol)
      .set("json", options.json)
      .set("quiet", options.quiet);
  if (options.aws_status) json.set("aws_status", *options.aws_status);
  if (options.keep_alive) json.set("keep_alive_ms", std::int64_t{options.keep_alive->count()});
  if (options.serve_for) json.set("for_ms", std::int64_t{options.serve_for->count()});
  return json;
}

ServeOptions serve_options_of(const Json& json) {
  ServeOptions options;
  options.home = bytes_of(json.at("home"));
  options.lock_timeout = milliseconds(json.at("lock_timeout_ms").as_integer());
  options.socket = static_cast<int>(json.at("socket").as_integer());
  options.endpoint = json.at("endpoint").as_string();
  options.function = json.at("function").as_string();
  options.target = bytes_of(json.at("target"));
  options.version = json.at("version").as_string();
  options.launch = json.at("launch");
  options.concurrency = static_cast<std::uint64_t>(json.at("concurrency").as_integer());
  options.queue = static_cast<std::uint64_t>(json.at("queue").as_integer());
  options.grace = milliseconds(json.at("grace_ms").as_integer());
  if (const Json* aws_status = json.find("aws_status")) options.aws_status = aws_status->as_bool();
  options.from_pages = json.at("from_pages").as_bool();
  options.url_events = json.at("url_events").as_bool();
  options.any_host = json.at("any_host").as_bool();
  options.image_protocol = json.at("image_protocol").as_bool();
  options.watch = json.at("watch").as_bool();
  options.json = json.at("json").as_bool();
  options.quiet = json.at("quiet").as_bool();
  options.keep_alive = duration_of(json, "keep_alive_ms");
  options.serve_for = duration_of(json, "for_ms");
  return options;
}

sys::Endpoint parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = sys::parse_port(colon == std::string::npos ? text : text.substr(colon + 1));
  if (!port)
    fail_hint(Kind::usage, "use ADDR:PORT, such as 127.0.0.1:9000; port 0 means any free port",
              "invalid value '{}' for flag '--listen'", printable(text));
  const auto address = sys::parse_address(colon == std::string::npos ? "" : text.substr(0, colon));
  if (!address)
    fail_hint(Kind::usage, "use a numeric address, such as 127.0.0.1:9000 or [::1]:9000",
              "invalid value '{}' for flag '--listen'", printable(text));
  return {.address = *address, .port = *port};
}

}  // namespace fn::run
