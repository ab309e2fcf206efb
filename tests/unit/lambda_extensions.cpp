// SPDX-License-Identifier: Apache-2.0
// The conformance table of the Extensions API.
#include "lambda_story.hpp"

#include <doctest/doctest.h>

using namespace fn;
using lambda::RuntimeApi;
using std::chrono::milliseconds;

namespace {

RuntimeApi::Config with_external(std::vector<std::string> names) {
  RuntimeApi::Config config;
  config.external_extensions = std::move(names);
  config.function = {"f", "1", "app.handler", "123456789012"};
  return config;
}

}  // namespace

TEST_CASE("registration: the answer, and the identifier") {
  Story story(with_external({"e"}));
  story.enroll("e", "\"INVOKE\",\"SHUTDOWN\"");
  CHECK(story.witness.answers[1].status == 200);
  CHECK(story.witness.header(1, "Lambda-Extension-Identifier") == extension_1);
  CHECK(story.witness.answers[1].body ==
        "{\"functionName\":\"f\",\"functionVersion\":\"1\",\"handler\":\"app.handler\"}\n");
  Story account(with_external({"e"}));
  account.ask("POST", "/2020-01-01/extension/register",
              {{"Lambda-Extension-Name", "e"}, {"Lambda-Extension-Accept-Feature", "accountId"}}, "{}");
  CHECK(account.witness.answers[1].body.find("\"accountId\":\"123456789012\"") != std::string::npos);
}

TEST_CASE("registrations that are refused") {
  Story story(with_external({"e"}));
  story.ask("POST", "/2020-01-01/extension/register", {}, "{}");
  story.ask("POST", "/2020-01-01/extension/register", {{"Lambda-Extension-Name", "e"}}, "no json");
  story.ask("POST", "/2020-01-01/extension/register", {{"Lambda-Extension-Name", "e"}}, "{\"events\":7}");
  story.enroll("e", "\"SLEEP\"");
  story.enroll("thread", "\"SHUTDOWN\"");
  CHECK(story.news() == Log{"#1 403 Extension.InvalidExtensionName", "#2 403 InvalidRequestFormat",
                            "#3 403 InvalidRequestFormat", "#4 403 Extension.InvalidEventType",
                            "#5 403 Extension.InvalidEventType"});
  story.enroll("e", "");
  story.enroll("e", "");
  story.enroll("thread", "\"INVOKE\"");
  story.enroll("thread", "");
  CHECK(story.news() ==
        Log{"#6 200", "#7 403 Extension.InvalidExtensionState", "#8 200", "#9 403 Extension.InvalidExtensionState"});
  for (int i = 0; i < 8; ++i) story.enroll(fmt::format("more{}", i), "");
  story.news();
  story.enroll("one too many", "");
  CHECK(story.news() == Log{"#18 403 Extension.TooManyExtensions"});
  story.next();
  story.enroll("late", "");
  CHECK(story.news() == Log{"#20 403 Extension.RegistrationClosed"});
}

TEST_CASE("identifiers that are refused") {
  Story story(with_external({"e"}));
  story.ask("GET", "/2020-01-01/extension/event/next");
  story.event_next("x");
  story.event_next(extension_1);
  CHECK(story.news() == Log{"#1 403 Extension.MissingExtensionIdentifier",
                            "#2 403 Extension.InvalidExtensionIdentifier",
                            "#3 403 Extension.UnknownExtensionIdentifier"});
}

TEST_CASE("init is done when the runtime and all extensions have asked for work") {
  Story story(with_external({"e"}));
  story.invoke("a");
  story.next();
  CHECK(story.news().empty());
  story.enroll("e", "\"INVOKE\"");
  CHECK(story.news() == Log{"#2 200"});
  story.event_next(extension_1);
  CHECK(story.news() == Log{"init done", "#1 200", "#3 200", "delivered a"});
  CHECK(story.witness.answers[3].body ==
        "{\"eventType\":\"INVOKE\",\"deadlineMs\":1700000003000,\"requestId\":\"a\",\"invokedFunctionArn\":\"\"}");
}

TEST_CASE("the answer goes out early; the end waits for the extension") {
  Story story(with_external({"e"}));
  story.enroll("e", "\"INVOKE\"");
  story.event_next(extension_1);
  story.next();
  story.invoke("a");
  story.invoke("b");
  story.news();
  story.respond("a", "");
  CHECK(story.news() == Log{"started a ", "#4 202", "answered a"});
  story.next();
  CHECK(story.news().empty());
  story.event_next(extension_1);
  CHECK(story.news() == Log{"finished a", "#5 200", "#6 200", "delivered b"});
}

TEST_CASE("the extension may be back before the runtime") {
  Story story(with_external({"e"}));
  story.enroll("e", "\"INVOKE\"");
  story.event_next(extension_1);
  story.next();
  story.invoke("a");
  story.event_next(extension_1);
  story.respond("a", "");
  story.news();
  story.next();
  CHECK(story.news() == Log{"finished a"});
}

TEST_CASE("an extension that never comes back runs into the deadline") {
  Story story(with_external({"e"}));
  story.enroll("e", "\"INVOKE\"");
  story.event_next(extension_1);
  story.next();
  story.invoke("a");
  story.respond("a", "");
  story.next();
  story.news();
  story.pass(milliseconds(3000));
  CHECK(story.news() == Log{"timed out a"});
}

TEST_CASE("an extension without INVOKE is not asked") {
  Story story(with_external({"e"}));
  story.enroll("e", "\"SHUTDOWN\"");
  story.event_next(extension_1);
  story.next();
  story.invoke("a");
  story.respond("a", "");
  story.news();
  story.next();
  CHECK(story.news() == Log{"finished a"});
}

TEST_CASE("shutdown: reason and deadline, now or when it asks") {
  Story story(with_external({"e", "g"}));
  story.enroll("e", "\"INVOKE\",\"SHUTDOWN\"");
  story.enroll("g", "\"INVOKE\"");
  story.event_next(extension_1);
  story.event_next(extension_2);
  story.next();
  story.news();
  story.api.shutdown(lambda::ShutdownReason::spindown, story.now, milliseconds(2000));
  CHECK(story.news() == Log{"#3 200"});
  CHECK(story.witness.answers[3].body ==
        "{\"eventType\":\"SHUTDOWN\",\"deadlineMs\":1700000002000,\"shutdownReason\":\"spindown\"}");
  story.invoke("late");
  CHECK(story.news().empty());

  Story busy(with_external({"e"}));
  busy.enroll("e", "\"INVOKE\",\"SHUTDOWN\"");
  busy.event_next(extension_1);
  busy.next();
  busy.invoke("a");
  busy.news();
  busy.api.shutdown(lambda::ShutdownReason::timeout, busy.now, milliseconds(0));
  CHECK(busy.news().empty());
  busy.event_next(extension_1);
  CHECK(busy.news() == Log{"#4 200"});
  CHECK(busy.witness.answers[4].body.find("\"shutdownReason\":\"timeout\"") != std::string::npos);
}

TEST_CASE("errors of extensions") {
  const Headers headers = {{"Lambda-Extension-Identifier", extension_1},
                           {"Lambda-Extension-Function-Error-Type", "Extension.Oops"}};
  Story story(with_external({"e"}));
  story.enroll("e", "\"INVOKE\"");
  story.ask("POST", "/2020-01-01/extension/init/error", {{"Lambda-Extension-Identifier", extension_1}});
  story.ask("POST", "/2020-01-01/extension/init/error", headers, "why");
  story.event_next(extension_1);
  CHECK(story.news() == Log{"#1 200", "#2 403 Extension.MissingHeader", "#3 202", "init error eExtension.Oops why",
                            "#4 403 Extension.InvalidExtensionState"});

  Story later(with_external({"e"}));
  later.enroll("e", "\"INVOKE\"");
  later.event_next(extension_1);
  later.next();
  later.invoke("a");
  later.respond("a", "");
  later.next();
  later.news();
  later.ask("POST", "/2020-01-01/extension/init/error", headers);
  CHECK(later.news() == Log{"#6 403 Extension.InvalidExtensionState"});
  later.ask("POST", "/2020-01-01/extension/exit/error", headers);
  CHECK(later.news() == Log{"#7 202", "extension error e Extension.Oops", "finished a"});
}

TEST_CASE("with several in flight there is no INVOKE event") {
  RuntimeApi::Config config = with_external({"e"});
  config.concurrency = 2;
  Story story(config);
  story.enroll("e", "\"INVOKE\"");
  story.enroll("e", "\"SHUTDOWN\"");
  CHECK(story.news() == Log{"#1 403 Extension.InvalidEventType", "#2 200"});
}

TEST_CASE("an extension whose call is lost fetches its event with the next one") {
  Story story(with_external({"e"}));
  story.enroll("e", "\"INVOKE\"");
  const auto lost = story.event_next(extension_1);
  story.next();
  story.news();
  story.api.gone(lost, story.now);
  story.invoke("a");
  CHECK(story.news() == Log{"#3 200", "delivered a"});
  story.event_next(extension_1);
  CHECK(story.news() == Log{"#4 200"});
}
