// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "function_settings.hpp"
#include "verbs.hpp"

#include <algorithm>
#include <cmath>

namespace fn::run {
namespace {

using state::Function;
using std::chrono::milliseconds;

struct Request {
  std::string name;
  std::optional<std::string> reference;  // none: the image that it has
  std::optional<Bytes> memory;
  std::optional<milliseconds> timeout;
  std::optional<double> cpus;
  std::optional<std::uint64_t> pids;
  std::optional<std::string> net;
  std::optional<std::string> protocol;
  std::optional<std::string> handler;
  std::vector<std::string> command;
  std::optional<milliseconds> keep_alive;
  std::optional<std::uint64_t> concurrency;
  std::vector<std::string> env;
  std::vector<std::string> unset_env;
};

// A reference as it is kept: a tag is followed, all else stands for one image for ever.
std::string image_of(const state::Store& store, const std::string& text) {
  const state::ImageRow image = store.resolve(text);
  const auto reference = oci::Reference::parse(text);
  if (reference.digest().empty() && reference.str() == image.reference) return image.reference;
  const std::string name = image.reference.substr(0, image.reference.rfind(':'));
  return fmt::format("{}@{}", name, image.descriptor.digest.str());
}

std::uint64_t milli_cpus_of(double cpus) {
  constexpr double most = 1e6;
  const double thousandths = std::round(cpus * 1000);
  if (cpus > most || (cpus > 0 && thousandths < 1))
    fail(Kind::usage, "flag '--cpus' can't be {}: it goes from 0.001 to {}, and 0 is no limit", cpus, most);
  return std::uint64_t(thousandths);
}

void check_request(const Request& request) {
  state::check_function_name(request.name);
  if (request.memory && *request.memory < MiB)
    fail_hint(Kind::usage, "'512M' are megabytes, '512MiB' are 2^20 bytes each", "{} bytes of memory are too few",
              *request.memory);
  if (request.timeout && *request.timeout == milliseconds(0)) fail(Kind::usage, "flag '--timeout' can't be 0");
  if (request.cpus) milli_cpus_of(*request.cpus);
  for (const std::string& pair : request.env)
    if (pair.find('=') == pair.npos || pair.front() == '=')
      fail_hint(Kind::usage, "write '--env NAME=VALUE'", "flag '--env' can't be '{}'", printable(pair));
}

template <typename Target, typename Value>
void assign(Target& target, const std::optional<Value>& value) {
  if (value) target = *value;
}

// What the request makes of a function; `image` is empty if it names none. No I/O: it runs inside a transaction.
Function edited(const std::optional<Function>& before, const Request& request, const std::string& image) {
  if (!before && image.empty()) fail(Kind::not_found, "function '{}' not found", request.name);
  Function function = before.value_or(Function{});
  function.name = request.name;
  if (!image.empty()) function.image = image;
  assign(function.memory, request.memory);
  assign(function.timeout, request.timeout);
  if (request.cpus) function.milli_cpus = milli_cpus_of(*request.cpus);
  assign(function.pids, request.pids);
  if (request.net) function.network = state::parse_network(*request.net);
  if (request.protocol) function.protocol = state::parse_protocol(*request.protocol);
  assign(function.handler, request.handler);
  if (!request.command.empty()) function.command = request.command;
  if (function.command == std::vector<std::string>{""}) function.command.clear();
  assign(function.keep_alive, request.keep_alive);
  assign(function.concurrency, request.concurrency);
  for (const std::string& name : request.unset_env) function.env.erase(name);
  for (const std::string& pair : request.env)
    function.env[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
  return function;
}

struct FunctionSet {
  static constexpr std::string_view name = "function set";
  static constexpr std::string_view summary = "make a function of an image, or change its settings";
  static std::vector<cli::Example> examples() {
    return {{"fnrun function set resize app:v1 --memory 256MiB --timeout 3s", "a new one, or another image and limits"},
            {"fnrun function set resize --env MODE=fast", "change this and nothing else"},
            {"fnrun function set resize app@sha256:3f2a9c..", "stay with one image, whatever the tag becomes"}};
  }

  using Request = run::Request;
  static void declare(cli::Command& command, Request& request) {
    using cli::Complete;
    const cli::Value n{.name = "N"};
    command.bytes("--memory", request.memory, "of an instance (new: 512MiB)")
        .duration("--timeout", request.timeout, "of a call (new: 30s)")
        .number("--cpus", request.cpus, "processors of an instance, such as 0.5 (new: no limit); 0 is no limit")
        .option("--pids", request.pids, n, "processes and threads of an instance (new: 1024); 0 is no limit")
        .option("--net", request.net, {.name = "NET", .choices = {"none", "loopback", "host"}},
                "none, loopback or host (new: loopback)")
        .option("--protocol", request.protocol, {.name = "PROTOCOL", .choices = {"exec", "lambda"}},
                "exec: event on stdin, response on stdout; lambda: the Lambda Runtime API (new: exec)")
        .option("--handler", request.handler, {.name = "HANDLER"}, "what the runtime calls; empty: none")
        .option("--command", request.command, {.name = "ARG"},
                "the program instead of the image's, repeat for its arguments; empty: the image's again")
        .duration("--keep-alive", request.keep_alive, "how long an instance waits for the next call (new: 5m)")
        .option("--concurrency", request.concurrency, n, "calls at once (new: no limit); 0 is no limit")
        .option("--env", request.env, {.name = "NAME=VALUE"}, "set an environment variable")
        .option("--unset-env", request.unset_env, {.name = "NAME"}, "take one away")
        .positional(request.name, {.name = "NAME", .complete = Complete::function}, cli::Required::yes, "the function")
        .positional(request.reference, {.name = "REF", .complete = Complete::reference},
                    "its image: NAME:TAG follows the tag, a digest stays");
  }

  struct Plan {
    Request request;
    std::string image;  // empty: as it was
    std::optional<Function> before;
    Function after;
    oci::Digest digest;
  };
  using Result = Plan;

  static Plan plan(const Request& request, cli::Context& context) {
    check_request(request);
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout);
    Plan plan{.request = request,
              .image = request.reference ? image_of(store, *request.reference) : "",
              .before = request.reference ? store.functions().find(request.name) : store.functions().get(request.name),
              .after = {},
              .digest = {}};
    plan.after = edited(plan.before, request, plan.image);
    plan.digest = digest_of(store, plan.after);
    return plan;
  }

  static Result execute(const Plan& plan, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::write, context.lock_timeout);
    Result result = plan;
    const auto edit = [&](const std::optional<Function>& now) {
      result.before = now;
      return edited(now, plan.request, plan.image);
    };
    result.after = store.functions().set(plan.request.name, edit, context.clock.now());
    result.digest = digest_of(store, result.after);
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report = report_as(plan, "would be ");
    report.json.set("dry_run", true);
    return report;
  }
  static cli::Report report(const Result& result, const cli::Context&) { return report_as(result, ""); }

  struct Change {
    std::string setting;
    std::optional<std::string> before;
    std::optional<std::string> after;
  };

  static std::vector<Change> changes(const Plan& plan) {
    std::vector<Change> changes;
    const auto find = [&](const std::string& setting) {
      return std::find_if(changes.begin(), changes.end(), [&](const Change& each) { return each.setting == setting; });
    };
    if (plan.before)
      for (auto& [setting, value] : settings_of(*plan.before)) changes.push_back({setting, value, std::nullopt});
    for (auto& [setting, value] : settings_of(plan.after)) {
      const auto known = find(setting);
      if (known == changes.end())
        changes.push_back({setting, std::nullopt, value});
      else
        known->after = value;
    }
    std::erase_if(changes, [](const Change& change) { return change.before == change.after; });
    return changes;
  }

  static cli::Report report_as(const Plan& plan, std::string_view would_be) {
    const std::vector<Change> changed = changes(plan);
    const std::string_view change = !plan.before ? "made" : changed.empty() ? "unchanged" : "changed";
    cli::Report report;
    Json array = Json::array();
    report.text =
        fmt::format("{} {}{}: {}\n", plan.after.name, changed.empty() ? "is " : would_be, change, plan.after.image);
    for (const auto& [setting, before, after] : changed) {
      const auto json = [](const std::optional<std::string>& value) { return value ? Json(*value) : Json(); };
      array.push(Json::object().set("setting", setting).set("before", json(before)).set("after", json(after)));
      if (plan.before)
        report.text += fmt::format("  {}: {} -> {}\n", printable(setting), printable(before.value_or("unset")),
                                   printable(after.value_or("unset")));
    }
    report.json.set("change", change).set("changes", std::move(array));
    report.json.set("function", json_of(plan.after, plan.digest));
    report.quiet = plan.after.name;
    return report;
  }
};

}  // namespace

cli::Verb function_set_verb() {
  return cli::verb<FunctionSet>();
}

}  // namespace fn::run
