// SPDX-License-Identifier: Apache-2.0
#include "endpoint.hpp"

#include "base/text.hpp"
#include "call_end.hpp"
#include "lambda/log_lines.hpp"
#include "lambda/protocol.hpp"

namespace fn::serve {
namespace {

Lookup lookup_in(const http::Exchange& exchange) {
  return [&exchange](std::string_view name) { return exchange.header(name); };
}

// Browsers say so of every POST (fetch.spec.whatwg.org, 3.1), and whatever page they show may send them here.
bool is_from_a_page(const http::Exchange& exchange) {
  return exchange.header("Origin").has_value();
}

}  // namespace

Endpoint::Endpoint(const run::ServeOptions& options, const Surroundings& around)
    : options_(options),
      journal_(around.journal),
      source_(options),
      pool_(options.concurrency, options.queue, around),
      outcomes_(options.home) {}

void Endpoint::on_head(http::Exchange& exchange) {
  ++requests_;
  exchange.limit_body(event_limit(lookup_in(exchange)));
}

void Endpoint::on_over_limit(http::Exchange& exchange) {
  exchange.respond(refusal(
      413, "RequestEntityTooLargeException",
      fmt::format("Request must be smaller than {} bytes for the Invoke operation", event_limit(lookup_in(exchange)))));
}

void Endpoint::on_end(http::Exchange& exchange, bool) {
  --requests_;
  const auto call = calls_.find(exchange.id());
  if (call == calls_.end()) return;
  call->second.exchange = nullptr;
  // A call that has begun goes on, as with the service.
  if (call->second.kind == Kind::wait && pool_.withdraw(exchange.id())) calls_.erase(call);
}

void Endpoint::on_request(http::Exchange& exchange) {
  const auto asked = asked_of(exchange.path(), exchange.query());
  if (exchange.path() == "/health") {
    if (exchange.method() != "GET" && exchange.method() != "HEAD")
      return exchange.respond(refusal(405, "MethodNotAllowedException", "/health takes GET"));
    return respond_health(exchange);
  }
  if (!asked)
    return exchange.respond(refusal(404, "ResourceNotFoundException",
                                    "there is POST /2015-03-31/functions/function/invocations and GET /health"));
  if (exchange.method() != "POST")
    return exchange.respond(refusal(405, "MethodNotAllowedException", "a function is invoked with POST"));
  if (is_from_a_page(exchange) && !options_.from_pages)
    return exchange.respond(refusal(403, "AccessDeniedException", "requests of web pages are not answered"));
  if (draining_) return exchange.respond(refusal(503, "ServiceException", "the server is stopping"));
  take(exchange, *asked);
}

void Endpoint::respond_health(http::Exchange& exchange) const {
  const Pool::Counts pool = pool_.counts();
  Json json = Json::object();
  json.set("status", draining_ ? "stopping" : "ready")
      .set("function", options_.function.empty() ? options_.target : options_.function)
      .set("instances", Json::object()
                            .set("warm", std::uint64_t{pool.warm})
                            .set("busy", std::uint64_t{pool.busy})
                            .set("most", options_.concurrency))
      .set("calls", Json::object()
                        .set("waiting", std::uint64_t{pool.waiting})
                        .set("taken", counts_.calls)
                        .set("failed", counts_.failed)
                        .set("throttled", counts_.throttled));
  exchange.respond({draining_ ? 503U : 200U, {{"Content-Type", "application/json"}}, json.dump() + '\n'});
}

bool Endpoint::is_ours(const Asked& asked, const Work& work) const {
  // "function" is the only name that the Runtime Interface Emulator knows.
  const bool name = asked.name == "function" || (!options_.function.empty() && asked.name == options_.function);
  return name &&
         (asked.qualifier.empty() || asked.qualifier == "$LATEST" || asked.qualifier == work.assignment.version);
}

void Endpoint::take(http::Exchange& exchange, const Asked& asked) {
  std::shared_ptr<const Work> work;
  try {
    work = source_.next();
  } catch (const Error& error) {
    const bool gone = error.kind() == fn::Kind::not_found;
    return exchange.respond(
        refusal(gone ? 404 : 500, gone ? "ResourceNotFoundException" : "ServiceException", error.what()));
  }
  if (!is_ours(asked, *work))
    return exchange.respond(refusal(404, "ResourceNotFoundException",
                                    fmt::format("Function not found: {}{}{}", printable(asked.name),
                                                asked.qualifier.empty() ? "" : ":", printable(asked.qualifier))));
  auto parsed = parse_invocation(lookup_in(exchange), exchange.body());
  if (auto* refused = std::get_if<http::Response>(&parsed)) return exchange.respond(std::move(*refused));
  submit(exchange, std::move(std::get<Invocation>(parsed)), std::move(work));
}

void Endpoint::submit(http::Exchange& exchange, Invocation invocation, std::shared_ptr<const Work> work) {
  invocation.request.function_arn =
      "arn:aws:lambda:us-east-1:012345678912:function:" + run::function_name_of(work->assignment);
  Pending pending;
  pending.kind = invocation.kind;
  // With exec the status is known at the end, and so is what X-Amz-Log-Result has.
  pending.may_stream = work->assignment.protocol == state::Protocol::lambda && !invocation.wants_log;
  pending.known.request_id = invocation.request.id;
  pending.known.version = work->assignment.version;
  pending.image = work->image;
  pending.since = Clock::now();
  if (pending.kind == Kind::dry_run) return exchange.respond({204, answer_headers(pending.known), {}});
  if (pending.kind == Kind::wait) pending.exchange = &exchange;
  const http::Response accepted{202, answer_headers(pending.known), {}};
  const bool waits = pending.kind == Kind::wait;
  if (!pool_.submit({.number = exchange.id(), .invocation = std::move(invocation), .work = std::move(work)})) {
    ++counts_.throttled;
    return exchange.respond(refusal(429, "TooManyRequestsException", "Rate Exceeded."));
  }
  ++counts_.calls;
  calls_.emplace(exchange.id(), std::move(pending));
  if (!waits) exchange.respond(accepted);
}

void Endpoint::handle(const std::vector<Message>& messages) {
  for (const Message& message : messages) std::visit([this](const auto& each) { on_message(each); }, message);
}

void Endpoint::on_message(const Head& head) {
  const auto call = calls_.find(head.call);
  if (call == calls_.end()) return;
  Pending& pending = call->second;
  pending.known.content_type = head.content_type;
  pending.streams = head.streaming && pending.may_stream && pending.exchange != nullptr;
  if (pending.streams) pending.exchange->start(200, answer_headers(pending.known));
}

void Endpoint::on_message(const Chunk& chunk) {
  const auto call = calls_.find(chunk.call);
  if (call == calls_.end() || call->second.exchange == nullptr) return;
  if (call->second.streams)
    call->second.exchange->write(chunk.bytes);
  else
    call->second.response += chunk.bytes;
}

void Endpoint::on_message(const Done& done) {
  pool_.done(done);
  const auto call = calls_.find(done.call);
  if (call == calls_.end()) return;
  Pending& pending = call->second;
  pending.known.log_tail = done.log_tail;
  if (done.outcome.status != lambda::Status::success) ++counts_.failed;
  record(pending, done);
  answer_call(pending, done);
  calls_.erase(call);
}

void Endpoint::answer_call(Pending& pending, const Done& done) {
  http::Response response = answer(done.outcome, std::move(pending.response), pending.known, options_.aws_status);
  tell(pending, done, pending.kind == Kind::event ? 202 : response.status, function_error(response));
  if (pending.exchange == nullptr) return;
  if (!pending.streams) return pending.exchange->respond(std::move(response));
  if (done.outcome.status == lambda::Status::success) return pending.exchange->finish();
  // Its status is on its way already; the client sees an answer without an end.
  pending.exchange->abort();
}

void Endpoint::tell(const Pending& pending, const Done& done, unsigned status, const std::string& fault) {
  if (!journal_.json()) return;
  using std::chrono::microseconds;
  const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - pending.since);
  Json json = Json::object();
  json.set("type", "call")
      .set("request_id", pending.known.request_id)
      .set("invocation_type", invocation_type(pending.kind))
      .set("http_status", static_cast<int>(status))
      .set("function_error", fault.empty() ? Json() : Json(fault))
      .set("outcome", lambda::to_json(done.outcome))
      .set("version", pending.known.version)
      .set("instance", done.instance.empty() ? Json() : Json(done.instance))
      .set("took_us", std::int64_t{took.count()})
      .set("duration_us", std::int64_t{done.result.duration.count()})
      .set("billed_ms", std::int64_t{std::chrono::ceil<std::chrono::milliseconds>(done.result.duration).count()})
      .set("memory_limit", done.result.memory_limit)
      .set("instance_ended", done.result.instance_ended);
  if (done.result.init) json.set("init_us", std::int64_t{done.result.init->count()});
  if (done.result.peak_memory)
    json.set("peak_memory", *done.result.peak_memory)
        .set("peak_memory_is_approximate", done.result.peak_is_approximate);
  journal_.object(json);
}

// The instance records what it was given.
void Endpoint::record(const Pending& pending, const Done& done) {
  if (done.instance.empty() && !options_.function.empty())
    run::record_not_started(outcomes_, {.function = options_.function, .image = pending.image, .instance = {}});
}

void Endpoint::cut_off() {
  counts_.cut_off += calls_.size();
  for (const std::uint64_t number : pool_.cut_off()) {
    const auto call = calls_.find(number);
    if (call == calls_.end()) continue;
    if (call->second.exchange != nullptr)
      call->second.exchange->respond(refusal(503, "ServiceException", "the server is stopping"));
    calls_.erase(number);
  }
}

}  // namespace fn::serve
