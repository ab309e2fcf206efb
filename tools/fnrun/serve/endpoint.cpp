// SPDX-License-Identifier: Apache-2.0
// From an HTTP request to a call and back, in the thread of the loop.
//
// A request is read whole, up to the limit that its headers allow (on_head). on_request() refuses what is no call:
// another path or method, a web page's request, a server that is stopping. take() asks anew which image and settings
// the function has, and submit() remembers the request as Pending and hands the call to the slots. From then on only
// messages of the slots move it on (handle): ResponseHead starts a streamed answer, ResponseChunk goes out or is kept,
// CallEnded answers, records what no instance could, writes the line of the journal and forgets the call.
//
// A client that goes away while its call waits takes the call back; one that goes later does not, as with the service:
// Pending loses its exchange and the call goes on. A status once sent can't be taken back: if a streamed answer fails
// in the middle, the connection is broken off, so that the client can't take half of it for the whole.
#include "serve/endpoint.hpp"

#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"

namespace fn::serve {
namespace {

Lookup lookup_in(const http::Exchange& exchange) {
  return [&exchange](std::string_view name) { return exchange.header(name); };
}

// AWS's SDKs give their caller an answer when it is whole, and repeat a call whose answer broke off.
bool is_from_an_sdk(const http::Exchange& exchange) {
  return exchange.header("Amz-Sdk-Invocation-Id").has_value();
}

// Browsers say so of every POST (fetch.spec.whatwg.org, 3.1), and whatever page they show may send them here.
bool is_from_a_page(const http::Exchange& exchange) {
  return exchange.header("Origin").has_value();
}

}  // namespace

Endpoint::Endpoint(const run::ServeOptions& options, const Shared& shared)
    : options_(options),
      journal_(shared.journal),
      source_(options),
      slots_(options.concurrency, options.queue, shared),
      call_log_(options.home) {}

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
  if (call->second.type == InvocationType::wait && slots_.withdraw(exchange.id())) calls_.erase(call);
}

void Endpoint::on_request(http::Exchange& exchange) {
  const auto asked = parse_invoke_path(exchange.path(), exchange.query());
  if (exchange.path() == "/health") {
    if (exchange.method() != "GET" && exchange.method() != "HEAD")
      return exchange.respond(refusal(405, "MethodNotAllowedException", "/health accepts only GET"));
    return respond_health(exchange);
  }
  if (!asked)
    return exchange.respond(refusal(404, "ResourceNotFoundException",
                                    "use POST /2015-03-31/functions/function/invocations or GET /health"));
  if (exchange.method() != "POST")
    return exchange.respond(refusal(405, "MethodNotAllowedException", "a function is invoked with POST"));
  if (is_from_a_page(exchange) && !options_.from_pages)
    return exchange.respond(refusal(403, "AccessDeniedException", "requests from web pages are refused"));
  if (draining_) return exchange.respond(refusal(503, "ServiceException", "the server is stopping"));
  take(exchange, *asked);
}

void Endpoint::respond_health(http::Exchange& exchange) const {
  const Slots::Counts pool = slots_.counts();
  Json json = Json::object();
  json.set("status", draining_ ? "stopping" : "ready")
      .set("function", options_.function.empty() ? options_.target : options_.function)
      .set("instances", Json::object()
                            .set("warm", std::uint64_t{pool.warm})
                            .set("busy", std::uint64_t{pool.busy})
                            .set("most", options_.concurrency == 0 ? Json() : Json(options_.concurrency)))
      .set("calls", Json::object()
                        .set("waiting", std::uint64_t{pool.waiting})
                        .set("taken", counts_.calls)
                        .set("failed", counts_.failed)
                        .set("throttled", counts_.throttled));
  exchange.respond({draining_ ? 503U : 200U, {{"Content-Type", "application/json"}}, json.dump() + '\n'});
}

bool Endpoint::is_ours(const InvokePath& asked, const InstanceSpec& spec) const {
  const std::string& own = options_.function;
  // "function" is the only name that the Runtime Interface Emulator knows, and what stands before a name in an ARN.
  if (!own.empty() && asked.name == "function" && asked.qualifier == own) return true;
  const bool name = asked.name == "function" || (!own.empty() && asked.name == own);
  return name &&
         (asked.qualifier.empty() || asked.qualifier == "$LATEST" || asked.qualifier == spec.assignment.version);
}

void Endpoint::take(http::Exchange& exchange, const InvokePath& asked) {
  std::shared_ptr<const InstanceSpec> spec;
  try {
    spec = source_.next();
  } catch (const Error& error) {
    const bool gone = error.kind() == Kind::not_found;
    return exchange.respond(
        refusal(gone ? 404 : 500, gone ? "ResourceNotFoundException" : "ServiceException", error.what()));
  }
  if (!is_ours(asked, *spec))
    return exchange.respond(refusal(404, "ResourceNotFoundException",
                                    fmt::format("Function not found: {}{}{}", printable(asked.name),
                                                asked.qualifier.empty() ? "" : ":", printable(asked.qualifier))));
  auto parsed = parse_invocation(lookup_in(exchange), exchange.body());
  if (auto* refused = std::get_if<http::Response>(&parsed)) return exchange.respond(std::move(*refused));
  submit(exchange, std::move(std::get<Invocation>(parsed)), std::move(spec));
}

void Endpoint::submit(http::Exchange& exchange, Invocation invocation, std::shared_ptr<const InstanceSpec> spec) {
  invocation.request.function_arn =
      "arn:aws:lambda:us-east-1:012345678912:function:" + function::function_name_of(spec->assignment);
  Pending pending;
  pending.type = invocation.type;
  const bool speaks_lambda = spec->assignment.protocol == state::Protocol::lambda;
  const bool for_sdk = is_from_an_sdk(exchange);
  pending.aws_status = options_.aws_status.value_or(speaks_lambda || for_sdk);
  // With exec the status is known at the end, and so is what X-Amz-Log-Result has.
  pending.may_stream = speaks_lambda && !invocation.wants_log && !(pending.aws_status && for_sdk);
  pending.context.request_id = invocation.request.id;
  pending.context.trace_id = invocation.request.trace_id;
  pending.context.version = spec->assignment.version;
  pending.image = spec->image;
  pending.since = Clock::now();
  if (pending.type == InvocationType::dry_run) return exchange.respond({204, answer_headers(pending.context), {}});
  if (pending.type == InvocationType::wait) pending.exchange = &exchange;
  const http::Response accepted{202, answer_headers(pending.context), {}};
  const bool waits = pending.type == InvocationType::wait;
  if (!slots_.submit({.number = exchange.id(), .invocation = std::move(invocation), .spec = std::move(spec)})) {
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

void Endpoint::on_message(const ResponseHead& head) {
  const auto call = calls_.find(head.call);
  if (call == calls_.end()) return;
  Pending& pending = call->second;
  pending.context.content_type = head.content_type;
  pending.streams = head.streaming && pending.may_stream && pending.exchange != nullptr;
  if (pending.streams) pending.exchange->start(200, answer_headers(pending.context));
}

void Endpoint::on_message(const ResponseChunk& chunk) {
  const auto call = calls_.find(chunk.call);
  if (call == calls_.end() || call->second.exchange == nullptr) return;
  if (call->second.streams)
    call->second.exchange->write(chunk.bytes);
  else
    call->second.response += chunk.bytes;
}

void Endpoint::on_message(const CallEnded& done) {
  slots_.call_ended(done);
  const auto call = calls_.find(done.call);
  if (call == calls_.end()) return;
  Pending& pending = call->second;
  pending.context.log_tail = done.log_tail;
  if (done.result.outcome.status != call::Status::success) ++counts_.failed;
  record(pending, done);
  answer_call(pending, done);
  calls_.erase(call);
}

void Endpoint::answer_call(Pending& pending, const CallEnded& done) {
  http::Response response =
      answer(done.result.outcome, std::move(pending.response), pending.context, pending.aws_status);
  tell(pending, done, pending.type == InvocationType::event ? 202 : response.status,
       function_error(done.result.outcome));
  if (pending.exchange == nullptr) return;
  if (!pending.streams) return pending.exchange->respond(std::move(response));
  if (done.result.outcome.status == call::Status::success) return pending.exchange->finish();
  // Its status is on its way already; the client sees an answer without an end.
  pending.exchange->abort();
}

void Endpoint::tell(const Pending& pending, const CallEnded& done, unsigned status, const std::string& fault) {
  if (!journal_.json()) return;
  using std::chrono::microseconds;
  const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - pending.since);
  Json json = Json::object();
  json.set("type", "call")
      .set("request_id", pending.context.request_id)
      .set("invocation_type", invocation_type_name(pending.type))
      .set("http_status", static_cast<int>(status))
      .set("function_error", fault.empty() ? Json() : Json(fault))
      .set("outcome", call::to_json_with_body(done.result.outcome))
      .set("version", pending.context.version)
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
void Endpoint::record(const Pending& pending, const CallEnded& done) {
  if (done.instance.empty() && !options_.function.empty())
    call_log_.record_no_start({.name = options_.function, .image = pending.image, .instance = {}});
}

void Endpoint::cut_off() {
  counts_.cut_off += calls_.size();
  for (const std::uint64_t number : slots_.cut_off()) {
    const auto call = calls_.find(number);
    if (call == calls_.end()) continue;
    if (call->second.exchange != nullptr)
      call->second.exchange->respond(refusal(503, "ServiceException", "the server is stopping"));
    calls_.erase(number);
  }
}

}  // namespace fn::serve
