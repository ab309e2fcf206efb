// SPDX-License-Identifier: Apache-2.0
#include "client/debug_session.hpp"

#include "base/text.hpp"
#include "call/log_lines.hpp"
#include "call/request.hpp"
#include "cli/output.hpp"
#include "client/call_printer.hpp"
#include "client/event.hpp"
#include "client/serve_options.hpp"
#include "function/published_port.hpp"
#include "function/start_instance.hpp"
#include "instance/client.hpp"

namespace fn::run {
namespace {

using function::Debugger;

// What connects there.
std::string clients_of(Debugger debugger, const std::string& address) {
  switch (debugger) {
    case Debugger::node:
      return "node inspect, chrome://inspect or an IDE";
    case Debugger::python:
      return "an IDE that speaks to debugpy, or nc for pdb";
    case Debugger::gdb:
      return fmt::format("gdb -ex 'target remote {}'", address);
  }
  return "";
}

function::PublishedPort port_for(const DebugSession::Request& request) {
  const std::uint16_t inside = function::port_of(request.debugger);
  sys::Endpoint outside{.address = "127.0.0.1", .port = inside};
  if (request.listen) outside = parse_endpoint(*request.listen);
  return {.outside = outside, .inside = inside};
}

}  // namespace

DebugSession DebugSession::make(Request request, function::MissingLayers missing, const cli::Context& context) {
  Callee callee = find_callee(request.target, context, missing);
  if (callee.named_instance)
    fail_hint(Kind::usage, "name its function or image instead: a debugger has to be there from the start",
              "instance '{}' runs already", printable(request.target.name));
  DebugSession session{.request = std::move(request), .assignment = std::move(callee.assignment)};
  function::Assignment& assignment = session.assignment;
  function::Settings& settings = assignment.settings;
  if (session.request.target.settings.timeout) settings.timeout = session.request.target.settings.timeout;
  assignment.one_shot = true;
  assignment.keep_alive = std::chrono::milliseconds(0);
  assignment.debugger = session.request.debugger;
  function::Settings published;
  published.publish = {port_for(session.request).str()};
  published.allow_remote = session.request.target.settings.allow_remote;
  function::check_published(published);
  settings.publish.push_back(published.publish.front());
  if (settings.network == "host")
    fail_hint(Kind::usage, "debug it with '--net loopback'; what it needs of the host's network is not there then",
              "a debugger reaches a network of the function's own only, and this is '--net host'");
  if (!callee.target) callee.target = function::find_target(assignment.target, assignment.state, missing);
  session.missing_layers = callee.target->missing_layers;
  // Failures known before anything is started.
  if (session.missing_layers == 0) (void)function::Blueprint::make(assignment, std::move(*callee.target)).plan();
  return session;
}

std::string DebugSession::address() const {
  return function::parse_published(assignment.settings.publish.back()).outside.str();
}

DebugSession::Result DebugSession::run(const cli::Context& context) const {
  Result result;
  const instance::RunningInstance started = function::start_instance(assignment);
  result.address = function::parse_published(started.record.published.back()).outside.str();
  cli::say(fmt::format("fnrun: waiting for a debugger on {}: {}\n", result.address,
                       clients_of(request.debugger, result.address)));
  call::Request call;
  call.id = call::new_request_id();
  call.timeout = request.target.settings.timeout;
  call.details = context.json;
  CallPrinter printer(context.json, context.quiet, call.id, assignment.version);
  result.call = instance::Client(started.dir.get()).invoke(call, request.event, printer.receiver());
  printer.finish(result.call);
  result.response = printer.response();
  result.log = printer.log();
  return result;
}

}  // namespace fn::run
