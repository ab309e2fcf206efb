// SPDX-License-Identifier: Apache-2.0
// From an HTTP request to a call and back, in the thread of the loop.
//
// A request is read whole, up to the limit that its headers allow (on_head). invoke() refuses what is not a call:
// another path or method, a web page's request, a server that is stopping. With --url-events every request is a call,
// and invoke_by_url() makes its event. find_spec() asks anew which image and settings the function has, and submit()
// remembers the request as Pending and hands the call to the slots. From then on only messages of the slots move it on
// (handle): ResponseHead starts a streamed answer, ResponseChunk goes out or is kept, CallEnded answers, records what
// no instance could, writes the line of the journal and forgets the call.
//
// A client that goes away while its call waits takes the call back; one that goes later does not, as with the service:
// Pending loses its exchange and the call goes on. A status once sent can't be taken back: if a streamed answer fails
// in the middle, the connection is broken off, so that the client can't take half of it for the whole.
#include "serve/endpoint.hpp"

#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"
#include "serve/url_answer.hpp"
#include "serve/url_event.hpp"

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
  if (!options_.url_events) exchange.limit_body(event_limit(lookup_in(exchange)));
}

void Endpoint::on_over_limit(http::Exchange& exchange) {
  const Bytes limit = options_.url_events ? call::max_event : event_limit(lookup_in(exchange));
  exchange.respond(refusal(413, "RequestEntityTooLargeException",
                           fmt::format("Request must be smaller than {} bytes for the Invoke operation", limit)));
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
  if (options_.url_events) return invoke_by_url(exchange);
  if (exchange.path() != "/health") return invoke(exchange);
  if (exchange.method() != "GET" && exchange.method() != "HEAD")
    return exchange.respond(refusal(405, "MethodNotAllowedException", "/health accepts only GET"));
  respond_health(exchange);
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

// None, and it is answered, if there is nothing to call.
std::shared_ptr<const InstanceSpec> Endpoint::find_spec(http::Exchange& exchange) {
  try {
    if (!draining_) {
      auto spec = source_.next();
      tell_change();
      return spec;
    }
    exchange.respond(refusal(503, "ServiceException", "the server is stopping"));
  } catch (const Error& error) {
    const bool gone = error.kind() == Kind::not_found;
    exchange.respond(refusal(gone ? 404 : 500, gone ? "ResourceNotFoundException" : "ServiceException", error.what()));
  }
  return nullptr;
}

void Endpoint::look_at_code() {
  source_.look_at_code();
  if (const auto directories = source_.take_shortage()) {
    const std::string what = fmt::format("only {} watched: changes in others are not seen",
                                         counted(*directories, "directory is", "directories are"));
    journal_.line(fmt::format("warning: {}\n  hint: raise fs.inotify.max_user_watches\n", what));
    journal_.object(Json::object().set("type", "warning").set("message", what));
  }
  const auto settles_at = source_.settles_at();
  if (settles_at && *settles_at <= std::chrono::steady_clock::now()) tell_change();
}

void Endpoint::tell_change() {
  const auto changed = source_.take_change();
  if (!changed) return;
  slots_.keep_only(source_.key());
  journal_.line(fmt::format("changed: '{}'; the next call has a new instance\n", printable(*changed)));
  journal_.object(Json::object().set("type", "changed").set("what", *changed));
}

void Endpoint::invoke(http::Exchange& exchange) {
  const auto asked = parse_invoke_path(exchange.path(), exchange.query());
  if (!asked)
    return exchange.respond(refusal(404, "ResourceNotFoundException",
                                    "use POST /2015-03-31/functions/function/invocations or GET /health"));
  if (exchange.method() != "POST")
    return exchange.respond(refusal(405, "MethodNotAllowedException", "a function is invoked with POST"));
  if (is_from_a_page(exchange) && !options_.from_pages)
    return exchange.respond(refusal(403, "AccessDeniedException", "requests from web pages are refused"));
  auto spec = find_spec(exchange);
  if (!spec) return;
  if (!is_ours(*asked, *spec))
    return exchange.respond(refusal(404, "ResourceNotFoundException",
                                    fmt::format("Function not found: {}{}{}", printable(asked->name),
                                                asked->qualifier.empty() ? "" : ":", printable(asked->qualifier))));
  auto parsed = parse_invocation(lookup_in(exchange), exchange.body());
  if (auto* refused = std::get_if<http::Response>(&parsed)) return exchange.respond(std::move(*refused));
  submit(exchange, std::move(std::get<Invocation>(parsed)), std::move(spec));
}

void Endpoint::invoke_by_url(http::Exchange& exchange) {
  if (const auto why = foreign_page(lookup_in(exchange), options_.any_host); why && !options_.from_pages)
    return exchange.respond(
        refusal(403, "AccessDeniedException",
                fmt::format("requests from web pages are refused, and {}: see --allow-pages", *why)));
  auto spec = find_spec(exchange);
  if (!spec) return;
  const http::Headers headers = exchange.headers();
  auto made = url_invocation({.method = exchange.method(),
                              .path = exchange.path(),
                              .query = exchange.query(),
                              .headers = headers,
                              .body = exchange.body(),
                              .peer = exchange.peer(),
                              .function = function::function_name_of(spec->assignment)},
                             Clock::now());
  if (auto* refused = std::get_if<http::Response>(&made)) return exchange.respond(std::move(*refused));
  submit(exchange, std::move(std::get<Invocation>(made)), std::move(spec));
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
  pending.may_stream =
      speaks_lambda && !invocation.wants_log && !(pending.aws_status && for_sdk) && !options_.url_events;
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
  const auto found = calls_.find(done.call);
  if (found == calls_.end()) return;
  Pending& pending = found->second;
  pending.context.log_tail = done.log_tail;
  call::Outcome outcome = done.result.outcome;
  http::Response response = response_to(pending, outcome);
  if (outcome.status != call::Status::success) ++counts_.failed;
  record(pending, done);
  tell(pending, done, outcome, pending.type == InvocationType::event ? 202 : response.status);
  if (pending.exchange == nullptr) {
    // Nobody waits for it.
  } else if (!pending.streams) {
    pending.exchange->respond(std::move(response));
  } else if (outcome.status == call::Status::success) {
    pending.exchange->finish();
  } else {
    // Its status is on its way already; the client sees an answer without an end.
    pending.exchange->abort();
  }
  calls_.erase(found);
}

// What the function answered may turn out to be no answer, and then that is the outcome.
http::Response Endpoint::response_to(Pending& pending, call::Outcome& outcome) {
  if (!options_.url_events) return answer(outcome, std::move(pending.response), pending.context, pending.aws_status);
  const bool answered = outcome.status == call::Status::success;
  http::Response response = url_answer(outcome, std::move(pending.response), pending.context, !pending.aws_status);
  if (answered && outcome.status != call::Status::success)
    journal_.line(fmt::format("RequestId: {} Error: {}\n", pending.context.request_id, call::error_words(outcome)));
  return response;
}

void Endpoint::tell(const Pending& pending, const CallEnded& done, const call::Outcome& outcome, unsigned status) {
  if (!journal_.json()) return;
  const std::string fault = function_error(outcome);
  using std::chrono::microseconds;
  const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - pending.since);
  Json json = Json::object();
  json.set("type", "call")
      .set("request_id", pending.context.request_id)
      .set("invocation_type", invocation_type_name(pending.type))
      .set("http_status", static_cast<int>(status))
      .set("function_error", fault.empty() ? Json() : Json(fault))
      .set("outcome", call::to_json_with_body(outcome))
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
