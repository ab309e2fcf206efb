// SPDX-License-Identifier: Apache-2.0
// What is to be served is found and checked here, and the socket listens, so whatever is wrong with the command line is
// said by this program. Then it becomes fn-serve (serve/main.cpp) by exec, in the same process: ServeOptions go over as
// a JSON document on fd 0, the socket as an open descriptor whose number the document has. Nothing here runs after
// that.
//
// Other machines can reach the endpoint only if --allow-remote says so, and an image or a directory is named by digest
// or absolute path in the document, since instances are started elsewhere and later.
#include "base/error.hpp"
#include "base/text.hpp"
#include "client/named_target.hpp"
#include "client/serve_options.hpp"
#include "client/settings_flags.hpp"
#include "client/would_unpack.hpp"
#include "function/assignment.hpp"
#include "function/published_port.hpp"
#include "routing/route.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "sys/listen.hpp"
#include "sys/process.hpp"
#include "verbs/verbs.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace fn::run {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds default_keep_alive{300'000};

struct Serve {
  static constexpr std::string_view name = "serve";
  static constexpr std::string_view summary = "serve a function as a Lambda endpoint on this machine";
  static std::vector<cli::Example> examples() {
    return {{"fnrun serve resize", "a function, on 127.0.0.1:9000"},
            {"fnrun serve app:v1 --protocol lambda --timeout 3s", "an image with a Lambda runtime"},
            {"fnrun serve ./task --listen :8080 -- ./bootstrap", "a directory, another port"},
            {"curl -d '{}' http://127.0.0.1:9000/2015-03-31/functions/function/invocations", "a call"},
            {"fnrun serve shop --url-events", "plain HTTP for browsers and webhooks: http://127.0.0.1:9000/any/path"},
            {"fnrun serve resize --listen :0 --for 10m -q",
             "for CI: prints the free port that it chose, and stops after 10 minutes"}};
  }

  struct Request {
    std::string target;
    std::vector<std::string> command;
    std::optional<std::string> entrypoint;
    function::Settings settings;
    std::optional<std::string> protocol;
    std::string handler;
    std::string listen = "127.0.0.1:9000";
    bool from_pages = false;
    bool url_events = false;
    bool watch = false;
    std::optional<std::uint64_t> concurrency;
    std::uint64_t queue = 100;
    std::optional<milliseconds> keep_alive;
    milliseconds grace{5000};
    std::optional<milliseconds> serve_for;
    std::optional<std::string> status;
  };
  static void declare(cli::Command& command, Request& request) {
    const cli::Value n{.name = "N"};
    command
        .option("-l,--listen", request.listen, {.name = "ADDR:PORT"},
                "address to listen on (127.0.0.1:9000); port 0: any free port")
        .flag("--allow-remote", request.settings.allow_remote,
              "allow calls from other machines, without authentication")
        .flag("--allow-pages", request.from_pages, "allow calls from web pages in a browser")
        .flag("--url-events", request.url_events, "any HTTP request is a call, as to a function URL")
        .flag("--watch", request.watch, "changed code and moved tags are for the next call")
        .option("--concurrency", request.concurrency, n,
                "concurrent calls, each in its own instance (default: number of processors); 0: no limit")
        .option("--queue", request.queue, n, "calls that may wait for an instance (100); any more get 429")
        .duration("--keep-alive", request.keep_alive,
                  "how long an instance waits for the next call (5m); 0: not at all")
        .option("--status", request.status, {.name = "WHICH", .choices = {"aws", "honest"}},
                "status of failed calls: 200 like the service (aws), or 502, 504, 507 (honest; default for exec)")
        .duration("--grace", request.grace, "time for calls in flight when it is told to stop (5s)")
        .duration("--for", request.serve_for, "stop after this time")
        .option("--handler", request.handler, {.name = "HANDLER"}, "what a Lambda runtime calls");
    declare_protocol(command, request.protocol);
    declare_init_timeout(command, request.settings);
    declare_freeze(command, request.settings);
    declare_entrypoint(command, request.entrypoint);
    declare_settings(command, request.settings);
    declare_publish(command, request.settings);
    declare_pool(command, request.settings);
    command
        .positional(request.target, {.name = "FN|REF|DIR", .complete = cli::Complete::function}, cli::Required::yes,
                    "a function, an image, or a directory (/.., ./..)")
        .command(request.command, {.name = "CMD"}, cli::Required::no,
                 "of an image: what takes the events, after its entrypoint");
  }

  struct Plan {
    sys::Endpoint endpoint;
    ServeOptions options;
    std::string protocol;
    std::vector<std::string> publish;
    std::size_t missing_layers = 0;  // they are to be unpacked before it is known which protocol the image has
    Request request;
  };
  struct Result {};

  static Plan plan(const Request& request, cli::Context& context) {
    return make_plan(request, function::MissingLayers::count, context);
  }

  // Each instance has a listener of its own.
  static void check_one_instance(const std::vector<std::string>& publish, std::uint64_t concurrency) {
    for (const std::string& text : publish) {
      const function::PublishedPort port = function::parse_published(text);
      if (port.outside.port != 0 && concurrency != 1)
        fail_hint(Kind::usage, fmt::format("use '--concurrency 1', or '--publish 0:{}' for free ports", port.inside),
                  "port {} can belong to one instance only, and there may be more", port.outside.port);
    }
  }

  static Plan make_plan(const Request& request, function::MissingLayers missing, const cli::Context& context) {
    Plan plan{
        .endpoint = parse_endpoint(request.listen), .options = {}, .protocol = {}, .publish = {}, .request = request};
    if (plan.endpoint.is_remote() && !request.settings.allow_remote)
      fail_hint(Kind::usage, "anyone who reaches it can call the function; add '--allow-remote' if that is intended",
                "'{}' can be reached by other machines", plan.endpoint.str());
    ServeOptions& options = plan.options;
    options.home = context.home;
    options.lock_timeout = context.lock_timeout;
    options.queue = request.queue;
    options.keep_alive = request.keep_alive;
    options.grace = request.grace;
    options.serve_for = request.serve_for;
    if (request.status) options.aws_status = request.status == "aws";
    options.from_pages = request.from_pages;
    options.watch = request.watch;
    options.url_events = request.url_events;
    // Whoever reaches the port from elsewhere knows it by some name, and may call.
    options.any_host = request.settings.allow_remote;
    options.json = context.json;
    options.quiet = context.quiet;
    options.target = request.target;
    const std::uint64_t of_function = find(plan, request, missing, context);
    options.concurrency = request.concurrency.value_or(of_function > 0 ? of_function : context.jobs);
    check_one_instance(plan.publish, options.concurrency);
    return plan;
  }

  // What is served. Gives back the concurrency that a function is set to; 0: it is not.
  static std::uint64_t find(Plan& plan, const Request& request, function::MissingLayers missing,
                            const cli::Context& context) {
    if (!is_path(request.target)) {
      auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
      if (store.functions().find(request.target)) return find_function(plan, request, store);
    }
    find_image(plan, request, missing, context);
    return 0;
  }

  static std::uint64_t find_function(Plan& plan, const Request& request, state::Store& store) {
    function::Assignment bare;
    function::Assignment asked;
    asked.settings = request.settings;
    const bool has_own = request.protocol || !request.handler.empty() || request.entrypoint || !request.command.empty();
    if (has_own || function::key_of(asked) != function::key_of(bare))
      fail_hint(Kind::usage, fmt::format("change it: fnrun function set {} ..", request.target),
                "'{}' is a function: it has its own settings", request.target);
    const routing::Route route = routing::choose(store, request.target);
    plan.options.function = request.target;
    plan.options.version = route.version;
    plan.publish = route.function.publish;
    plan.protocol = state::protocol_name(route.function.protocol);
    return route.function.concurrency;
  }

  static void find_image(Plan& plan, const Request& request, function::MissingLayers missing,
                         const cli::Context& context) {
    function::check_limits(request.settings);
    function::check_published(request.settings);
    plan.publish = request.settings.publish;
    const function::StateOptions state{context.home, context.lock_timeout, context.notes()};
    function::Target target = find_named_target(request.target, state, missing, Named::function_or_image);
    plan.missing_layers = target.missing_layers;
    function::Assignment assignment;
    assignment.state = state;
    // The working directory is another one in the end.
    assignment.target = target.digest.empty() ? target.root.directory : target.digest.str();
    assignment.reference = request.target;
    if (request.protocol) assignment.protocol = state::parse_protocol(*request.protocol);
    plan.options.image_protocol = !assignment.protocol;
    assignment.handler = request.handler;
    assignment.command = request.command;
    assignment.entrypoint = request.entrypoint;
    assignment.settings = function::with_defaults(request.settings);
    assignment.concurrency = 1;
    if (target.missing_layers == 0) assignment.protocol = function::protocol_of(assignment, target);
    plan.options.version = assignment.version;
    plan.options.launch = to_json(assignment);
    if (!plan.options.keep_alive) plan.options.keep_alive = default_keep_alive;
    plan.protocol = state::protocol_name(assignment.protocol);
    // What would keep each instance from starting is said now.
    if (target.missing_layers == 0) (void)function::Blueprint::make(assignment, std::move(target)).plan();
  }

  // Becomes fn-serve, which has the HTTP server and prints everything from then on.
  static Result execute(const Plan& plan, cli::Context& context) {
    if (plan.missing_layers == 0) return serve(plan);
    return serve(make_plan(plan.request, function::MissingLayers::unpack, context));
  }

  static Result serve(Plan plan) {
    sys::Fd socket = sys::listen_tcp(plan.endpoint.address, plan.endpoint.port);
    plan.endpoint.port = sys::local_port(socket.get());
    plan.options.endpoint = plan.endpoint.str();
    plan.options.socket = socket.get();
    const std::string program = sys::helper_path("fn-serve");
    const sys::Fd document = sys::document_fd(to_json(plan.options).dump(), "document for fn-serve");
    sys::check(dup2(document.get(), STDIN_FILENO), "cannot pass the document to fn-serve");
    sys::check(fcntl(socket.get(), F_SETFD, 0), "cannot pass the socket to fn-serve");
    std::string word = program;
    char* const argv[] = {word.data(), nullptr};
    execv(program.c_str(), argv);
    sys::fail_errno(errno, fmt::format("cannot start '{}'", printable(program)));
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    const ServeOptions& options = plan.options;
    cli::Report report;
    const bool is_known = plan.missing_layers == 0 || plan.request.protocol;
    const std::string protocol = is_known ? plan.protocol : "protocol not known yet";
    if (plan.missing_layers > 0) report.text = would_unpack(plan.missing_layers);
    report.json.set("dry_run", true)
        .set("type", "plan")
        .set("listen", plan.endpoint.str())
        .set("target", options.target)
        .set("function", options.function.empty() ? Json() : Json(options.function))
        .set("protocol", is_known ? Json(plan.protocol) : Json())
        .set("url_events", options.url_events)
        .set("unpack_layers", std::uint64_t{plan.missing_layers})
        .set("concurrency", options.concurrency == 0 ? Json() : Json(options.concurrency))
        .set("queue", options.queue)
        .set("keep_alive_ms", options.keep_alive ? Json(std::int64_t{options.keep_alive->count()}) : Json());
    const std::string calls = options.concurrency == 0 ? "any number of" : std::to_string(options.concurrency);
    report.text += fmt::format("would serve '{}' ({}) on {}, {} concurrent calls\n", printable(options.target),
                               protocol, plan.endpoint.str(), calls);
    report.quiet = plan.endpoint.str();
    return report;
  }

  // Never reached: what was executed is another program.
  static cli::Report report(const Result&, const cli::Context&) { return {}; }
};

}  // namespace

cli::Verb serve_verb() {
  return cli::verb<Serve>();
}

}  // namespace fn::run
