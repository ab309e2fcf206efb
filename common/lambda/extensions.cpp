// SPDX-License-Identifier: Apache-2.0
// The Extensions API (docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html), with the states and messages
// of AWS' Runtime Interface Emulator. External extensions are known beforehand and begin as Started; internal ones
// register by themselves, until registration is closed.
//
//     Started -> Registered -> Ready <-> Running          an event goes out with the answer to `next`
//     Registered -> InitError; any later -> ExitError     by the extension's own word, and for good
//
// An event for an extension that does not wait in `next` is queued for it. The runtime's invocation ends only when all
// are Ready with nothing queued; one in ExitError is not waited for. As in runtime_api.cpp there is no socket and no
// clock here: what is not allowed is answered 403 and changes no state.
#include "lambda/extensions.hpp"

#include "base/json.hpp"
#include "lambda/replies.hpp"

#include <algorithm>
#include <utility>

namespace fn::lambda {
namespace {

bool is_uuid(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : digits.find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

http::Response event_answer(const std::string& event) {
  return {200, {{"Content-Type", "application/json"}}, event};
}

}  // namespace

Extensions::Extensions(const std::vector<std::string>& external, bool invoke_events,
                       std::function<std::string()> make_id, Answers& answers)
    : invoke_events_(invoke_events), make_id_(std::move(make_id)), answers_(answers) {
  for (const std::string& name : external) {
    Extension extension;
    extension.name = name;
    extension.external = true;
    all_.push_back(std::move(extension));
  }
}

std::string_view Extensions::name_of(State state) {
  switch (state) {
    case State::started:
      return "Started";
    case State::registered:
      return "Registered";
    case State::ready:
      return "Ready";
    case State::running:
      return "Running";
    case State::init_error:
      return "InitError";
    case State::exit_error:
      return "ExitError";
  }
  return {};
}

bool Extensions::read_events(const Request& request, std::string_view body, bool external, Extension& result) {
  std::vector<std::string> names;
  try {
    const Json document = Json::parse(body, "request", Kind::usage);
    if (const Json* events = document.find("events"); events != nullptr && !events->is_null())
      for (const Json& event : events->as_array()) names.push_back(event.as_string());
  } catch (const Error& error) {
    answers_.answer(request.call, forbidden("InvalidRequestFormat", error.what()));
    return false;
  }
  for (const std::string& name : names) {
    const bool invoke = name == "INVOKE" && invoke_events_;
    const bool shutdown = name == "SHUTDOWN";
    result.wants_invoke = result.wants_invoke || invoke;
    result.wants_shutdown = result.wants_shutdown || shutdown;
    if (invoke || (shutdown && external)) continue;
    const std::string_view why = shutdown ? "ShutdownEventNotSupportedForInternalExtension" : "ErrorInvalidEventType";
    answers_.answer(request.call, forbidden("Extension.InvalidEventType", fmt::format("{}: {}", name, why)));
    return false;
  }
  return true;
}

void Extensions::enroll(const Request& request, std::string_view body, const FunctionInfo& function) {
  const std::string name(request.header("Lambda-Extension-Name").value_or(""));
  if (name.empty())
    return answers_.answer(request.call, forbidden("Extension.InvalidExtensionName", "Empty extension name"));
  const auto known = std::find_if(all_.begin(), all_.end(), [&](const Extension& one) { return one.name == name; });
  const bool external = known != all_.end() && known->external;
  Extension wanted;
  if (!read_events(request, body, external, wanted)) return;
  if (external && known->state != State::started)
    return answers_.answer(request.call,
                           invalid_extension_transition(name_of(known->state), name_of(State::registered), name));
  if (!external && registration_closed_)
    return answers_.answer(request.call,
                           forbidden("Extension.RegistrationClosed", "Extension registration closed already"));
  if (!external && known != all_.end())
    return answers_.answer(request.call,
                           forbidden("Extension.InvalidExtensionState", "Extension with this name already registered"));
  if (!external && all_.size() >= max_extensions)
    return answers_.answer(request.call, forbidden("Extension.TooManyExtensions",
                                                   fmt::format("Extension limit ({}) reached", max_extensions)));
  wanted.name = name;
  wanted.external = external;
  wanted.id = make_id_();
  wanted.state = State::registered;
  Json answer = Json::object();
  if (request.header("Lambda-Extension-Accept-Feature").value_or("").find("accountId") != std::string_view::npos &&
      !function.account_id.empty())
    answer.set("accountId", function.account_id);
  answer.set("functionName", function.name).set("functionVersion", function.version).set("handler", function.handler);
  answers_.answer(
      request.call,
      {200, {{"Content-Type", "application/json"}, {"Lambda-Extension-Identifier", wanted.id}}, answer.dump() + '\n'});
  if (external) {
    *known = std::move(wanted);
  } else {
    all_.push_back(std::move(wanted));
  }
}

Extensions::Extension* Extensions::find(const Request& request) {
  const auto id = request.header("Lambda-Extension-Identifier");
  if (!id || id->empty()) {
    answers_.answer(request.call,
                    forbidden("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"));
    return nullptr;
  }
  if (!is_uuid(*id)) {
    answers_.answer(request.call,
                    forbidden("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"));
    return nullptr;
  }
  for (Extension& extension : all_)
    if (extension.id == *id) return &extension;
  answers_.answer(request.call,
                  forbidden("Extension.UnknownExtensionIdentifier", "Unknown Lambda-Extension-Identifier"));
  return nullptr;
}

void Extensions::next(const Request& request) {
  Extension* extension = find(request);
  if (extension == nullptr) return;
  if (extension->state == State::init_error || extension->state == State::exit_error)
    return answers_.answer(
        request.call, invalid_extension_transition(name_of(extension->state), name_of(State::ready), extension->id));
  // Two calls at once can only mean that the first one's connection is lost.
  if (extension->waiting)
    answers_.answer(*extension->waiting,
                    invalid_extension_transition(name_of(extension->state), name_of(State::ready), extension->id));
  extension->waiting = request.call;
  extension->state = State::ready;
  if (extension->events.empty()) return;
  const std::string event = std::move(extension->events.front());
  extension->events.pop_front();
  send(*extension, event);
}

std::optional<Extensions::Failure> Extensions::init_error(const Request& request, std::string_view body) {
  return report(request, body, State::init_error);
}

std::optional<Extensions::Failure> Extensions::exit_error(const Request& request, std::string_view body) {
  return report(request, body, State::exit_error);
}

std::optional<Extensions::Failure> Extensions::report(const Request& request, std::string_view body, State becomes) {
  Extension* extension = find(request);
  if (extension == nullptr) return {};
  const auto type = request.header("Lambda-Extension-Function-Error-Type");
  if (!type || type->empty()) {
    answers_.answer(request.call,
                    forbidden("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"));
    return {};
  }
  const bool early = becomes == State::init_error;
  const bool failed = extension->state == State::init_error || extension->state == State::exit_error;
  if (failed || (early && extension->state != State::registered)) {
    answers_.answer(request.call, invalid_extension_transition(name_of(extension->state),
                                                               early ? "InitError" : "Exited", extension->id));
    return {};
  }
  extension->state = becomes;
  answers_.answer(request.call, accepted());
  return Failure{extension->name, {std::string(*type), std::string(body), {}, std::string(*type)}};
}

void Extensions::gone(Call call) {
  for (Extension& extension : all_)
    if (extension.waiting == call) extension.waiting.reset();
}

bool Extensions::all_ready() const {
  return std::all_of(all_.begin(), all_.end(), [](const Extension& extension) {
    // One that failed is on its way out, and must not keep an invocation from its end.
    if (extension.state == State::exit_error) return true;
    return extension.state == State::ready && extension.events.empty();
  });
}

void Extensions::send(Extension& extension, const std::string& event) {
  if (!extension.waiting) {
    extension.events.push_back(event);
    return;
  }
  extension.state = State::running;
  answers_.answer(*std::exchange(extension.waiting, std::nullopt), event_answer(event));
}

void Extensions::invoke(const std::string& event) {
  for (Extension& extension : all_)
    if (extension.wants_invoke && extension.state != State::exit_error) send(extension, event);
}

void Extensions::shutdown(const std::string& event) {
  for (Extension& extension : all_) {
    if (!extension.wants_shutdown) continue;
    // What it hasn't fetched is over.
    extension.events.clear();
    send(extension, event);
  }
}

}  // namespace fn::lambda
