// SPDX-License-Identifier: Apache-2.0
#include "assignment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "http/listen.hpp"
#include "routing/route.hpp"
#include "serve_options.hpp"
#include "settings_flags.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "verbs.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace fn::run {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds default_timeout{30'000};
constexpr milliseconds default_keep_alive{300'000};

struct Serve {
  static constexpr std::string_view name = "serve";
  static constexpr std::string_view summary = "the Lambda endpoint of a function on this machine";
  static std::vector<cli::Example> examples() {
    return {{"fnrun serve resize", "a function, on 127.0.0.1:9000"},
            {"fnrun serve app:v1 --protocol lambda --timeout 3s", "an image with a Lambda runtime"},
            {"fnrun serve ./task --listen :8080 -- ./bootstrap", "a directory, another port"},
            {"curl -d '{}' http://127.0.0.1:9000/2015-03-31/functions/function/invocations", "a call"},
            {"fnrun serve resize --listen :0 --for 10m -q", "for CI: any free port, printed; it ends by itself"}};
  }

  struct Request {
    std::string target;
    std::vector<std::string> command;
    std::optional<std::string> entrypoint;
    Settings settings;
    std::optional<std::string> protocol;
    std::string handler;
    std::string listen = "127.0.0.1:9000";
    bool allow_remote = false;
    bool from_pages = false;
    std::optional<std::uint64_t> concurrency;
    std::uint64_t queue = 100;
    std::optional<milliseconds> keep_alive;
    milliseconds grace{5000};
    std::optional<milliseconds> serve_for;
    std::string status = "honest";
  };
  static void declare(cli::Command& command, Request& request) {
    const cli::Value n{.name = "N"};
    command.option("-l,--listen", request.listen, {.name = "ADDR:PORT"}, "where (127.0.0.1:9000); port 0: any free one")
        .flag("--allow-remote", request.allow_remote, "other machines may call it: nobody is asked who they are")
        .flag("--allow-pages", request.from_pages, "web pages in a browser may call it")
        .option("--concurrency", request.concurrency, n, "calls at once, each in its instance (processors)")
        .option("--queue", request.queue, n, "calls that may wait for an instance (100); more get 429")
        .duration("--keep-alive", request.keep_alive,
                  "how long an instance waits for the next call (5m); 0: not at all")
        .option("--status", request.status, {.name = "WHICH", .choices = {"honest", "aws"}},
                "of failed calls: 502, 504, 507 (honest), or 200 as the service has it (aws)")
        .duration("--grace", request.grace, "for calls in flight when it is told to stop (5s)")
        .duration("--for", request.serve_for, "stop after that time")
        .option("--protocol", request.protocol, {.name = "PROTOCOL", .choices = {"exec", "lambda"}},
                "of an image or directory: exec, or lambda (if it has a bootstrap)")
        .option("--handler", request.handler, {.name = "HANDLER"}, "what a Lambda runtime calls")
        .option("--entrypoint", request.entrypoint, {.name = "PROGRAM"}, "instead of the image's; '' for none");
    declare_settings(command, request.settings);
    command
        .positional(request.target, {.name = "FN|REF|DIR", .complete = cli::Complete::function}, cli::Required::yes,
                    "a function, an image, or a directory (/.., ./..)")
        .command(request.command, {.name = "CMD"}, cli::Required::no, "the command and its arguments");
  }

  struct Plan {
    Endpoint endpoint;
    ServeOptions options;
    std::string protocol;
  };
  struct Result {};

  static Plan plan(const Request& request, cli::Context& context) {
    Plan plan{.endpoint = parse_endpoint(request.listen), .options = {}, .protocol = {}};
    if (plan.endpoint.is_remote() && !request.allow_remote)
      fail_hint(Kind::usage, "whoever reaches it may call the function; if that is wanted add '--allow-remote'",
                "'{}' can be reached by other machines", plan.endpoint.str());
    if (request.concurrency && *request.concurrency == 0) fail(Kind::usage, "flag '--concurrency' can't be 0");
    ServeOptions& options = plan.options;
    options.home = context.home;
    options.lock_timeout = context.lock_timeout;
    options.queue = request.queue;
    options.keep_alive = request.keep_alive;
    options.grace = request.grace;
    options.serve_for = request.serve_for;
    options.aws_status = request.status == "aws";
    options.from_pages = request.from_pages;
    options.json = context.json;
    options.quiet = context.quiet;
    options.target = request.target;
    const std::uint64_t of_function = find(plan, request, context);
    options.concurrency = request.concurrency.value_or(of_function > 0 ? of_function : context.jobs);
    return plan;
  }

  // What is served. Gives back the concurrency that a function is set to; 0: it is not.
  static std::uint64_t find(Plan& plan, const Request& request, const cli::Context& context) {
    if (!names_directory(request.target)) {
      auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout);
      if (store.functions().find(request.target)) return find_function(plan, request, store);
    }
    find_image(plan, request, context);
    return 0;
  }

  static std::uint64_t find_function(Plan& plan, const Request& request, state::Store& store) {
    Assignment bare;
    Assignment asked;
    asked.settings = request.settings;
    const bool has_own = request.protocol || !request.handler.empty() || request.entrypoint || !request.command.empty();
    if (has_own || key_of(asked) != key_of(bare))
      fail_hint(Kind::usage, fmt::format("change it: fnrun function set {} ..", request.target),
                "'{}' is a function: it has its own settings", request.target);
    const routing::Route route = routing::choose(store, request.target);
    plan.options.function = request.target;
    plan.options.version = route.version;
    plan.protocol = state::protocol_name(route.function.protocol);
    return route.function.concurrency;
  }

  static void find_image(Plan& plan, const Request& request, const cli::Context& context) {
    const Where where{context.home, context.lock_timeout};
    const Target target = find_target(request.target, where);
    Assignment assignment;
    assignment.where = where;
    // The working directory is another one in the end.
    assignment.target = target.digest.empty() ? target.root.directory : target.digest.str();
    assignment.reference = request.target;
    assignment.protocol = is_custom_runtime(target) ? state::Protocol::lambda : state::Protocol::exec;
    if (request.protocol) assignment.protocol = state::parse_protocol(*request.protocol);
    assignment.handler = request.handler;
    assignment.command = request.command;
    assignment.entrypoint = request.entrypoint;
    assignment.settings = request.settings;
    if (!assignment.settings.timeout) assignment.settings.timeout = default_timeout;
    assignment.concurrency = 1;
    plan.options.version = assignment.version;
    plan.options.launch = to_json(assignment);
    if (!plan.options.keep_alive) plan.options.keep_alive = default_keep_alive;
    plan.protocol = state::protocol_name(assignment.protocol);
  }

  // Becomes fn-serve, which has the HTTP server; it says all that is to be said from then on.
  static Result execute(Plan plan, cli::Context& context) {
    (void)context;
    sys::Fd socket = http::listen_tcp(plan.endpoint.address, plan.endpoint.port);
    plan.endpoint.port = http::local_port(socket.get());
    plan.options.endpoint = plan.endpoint.str();
    plan.options.socket = socket.get();
    const std::string program = sys::helper_path("fn-serve");
    const sys::Fd document(sys::check(memfd_create("serve", MFD_CLOEXEC), "cannot make a document for fn-serve"));
    sys::write_full(document.get(), to_json(plan.options).dump(), "document for fn-serve");
    sys::check(lseek(document.get(), 0, SEEK_SET), "cannot rewind the document for fn-serve");
    sys::check(dup2(document.get(), STDIN_FILENO), "cannot hand over the document for fn-serve");
    sys::check(fcntl(socket.get(), F_SETFD, 0), "cannot hand over the socket to fn-serve");
    std::string word = program;
    char* const argv[] = {word.data(), nullptr};
    execv(program.c_str(), argv);
    sys::fail_errno(errno, fmt::format("cannot start '{}'", printable(program)));
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    const ServeOptions& options = plan.options;
    cli::Report report;
    report.json.set("dry_run", true)
        .set("type", "plan")
        .set("listen", plan.endpoint.str())
        .set("target", options.target)
        .set("function", options.function.empty() ? Json() : Json(options.function))
        .set("protocol", plan.protocol)
        .set("concurrency", options.concurrency)
        .set("queue", options.queue)
        .set("keep_alive_ms", options.keep_alive ? Json(std::int64_t{options.keep_alive->count()}) : Json());
    report.text = fmt::format("would serve '{}' ({}) on {}, {} calls at once\n", printable(options.target),
                              plan.protocol, plan.endpoint.str(), options.concurrency);
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
