// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "serve/url_answer.hpp"
#include "serve/url_event.hpp"

#include <doctest/doctest.h>
#include <map>

using namespace fn;

namespace {

Json event_of(std::string_view query, const http::Headers& headers, std::string_view body = {}) {
  const serve::UrlRequest request{.method = "POST",
                                  .path = "/a%2Fb",
                                  .query = query,
                                  .headers = headers,
                                  .body = body,
                                  .peer = "10.0.0.1",
                                  .function = "shop"};
  const std::chrono::system_clock::time_point at(std::chrono::milliseconds(1583348638390));
  return Json::parse(serve::url_event(request, "id-1", "Root=1", at), "event");
}

std::string body_of(std::string_view type, std::string_view body) {
  const Json event = event_of("", {{"content-TYPE", std::string(type)}}, body);
  return event.at("body").as_string() + (event.at("isBase64Encoded").as_bool() ? " base64" : "");
}

// Status, headers and body; or why not.
std::string sent(std::string answer) {
  const auto response = serve::url_response(std::move(answer));
  if (const auto* invalid = std::get_if<serve::InvalidAnswer>(&response)) return invalid->reason;
  const auto& made = std::get<http::Response>(response);
  std::string text = std::to_string(made.status);
  for (const http::Header& header : made.headers) text += " " + header.name + ":" + header.value;
  return text + " " + made.body;
}

bool is_page(const std::map<std::string, std::string, std::less<>>& headers, bool any_host = false) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  return serve::foreign_page(lookup, any_host).has_value();
}

}  // namespace

TEST_CASE("an event has the time, the ids and the address of its request") {
  const Json event = event_of("", {{"Host", "localhost:9000"}, {"User-Agent", "probe"}});
  CHECK(event.at("rawPath").as_string() == "/a%2Fb");
  CHECK(event.find("queryStringParameters") == nullptr);
  CHECK(event.find("cookies") == nullptr);
  CHECK(event.find("body") == nullptr);
  const Json& context = event.at("requestContext");
  CHECK(context.at("time").as_string() == "04/Mar/2020:19:03:58 +0000");
  CHECK(context.at("timeEpoch").as_integer() == 1583348638390);
  CHECK(context.at("requestId").as_string() == "id-1");
  CHECK(context.at("domainName").as_string() == "localhost:9000");
  CHECK(context.at("http").at("userAgent").as_string() == "probe");
  const Json& headers = event.at("headers");
  CHECK(headers.at("x-forwarded-port").as_string() == "9000");
  CHECK(headers.at("x-forwarded-for").as_string() == "10.0.0.1");
  CHECK(headers.at("x-amzn-trace-id").as_string() == "Root=1");
}

TEST_CASE("headers of one name are joined, cookies stand apart, the connection's own stay behind") {
  const Json event = event_of("", {{"X-A", "1"},
                                   {"x-a", "2"},
                                   {"Cookie", "a=1; b=2"},
                                   {"cookie", "c=3"},
                                   {"Connection", "Keep-Alive, X-Hop"},
                                   {"x-hop", "1"},
                                   {"Transfer-Encoding", "chunked"},
                                   {"X-Forwarded-Proto", "https"}});
  CHECK(event.at("headers").at("x-a").as_string() == "1,2");
  CHECK(event.at("headers").at("x-forwarded-proto").as_string() == "https");
  CHECK(event.at("cookies").as_strings() == std::vector<std::string>{"a=1", "b=2", "c=3"});
  for (const char* name : {"cookie", "connection", "x-hop", "transfer-encoding"})
    CHECK(event.at("headers").find(name) == nullptr);
}

TEST_CASE("parameters are decoded as those of forms, and joined") {
  const Json event = event_of("a=1&a=%2C&b=x+y%2Bz&&c&%zz=%", {});
  CHECK(event.at("rawQueryString").as_string() == "a=1&a=%2C&b=x+y%2Bz&&c&%zz=%");
  CHECK(event.at("queryStringParameters").dump() == R"({"%zz":"%","a":"1,,","b":"x y+z","c":""})");
}

TEST_CASE("a body is text if its type and its bytes are") {
  CHECK(body_of("application/json", "{}") == "{}");
  CHECK(body_of("Text/Plain;charset=utf-8", "\xc3\xbc") == "\xc3\xbc");
  CHECK(body_of("image/svg+xml", "<a/>") == "<a/>");
  CHECK(body_of("text/plain", "\xff") == "/w== base64");
  CHECK(body_of("application/x-www-form-urlencoded", "a") == "YQ== base64");
  CHECK(body_of("", "a") == "YQ== base64");
}

TEST_CASE("an answer without statusCode is the body") {
  constexpr const char* json = "200 Content-Type:application/json ";
  CHECK(sent(R"({"a": 1})") == std::string(json) + R"({"a": 1})");
  CHECK(sent(R"("text")") == std::string(json) + "text");
  CHECK(sent("[1e999, 99999999999999999999]") == std::string(json) + "[1e999, 99999999999999999999]");
  CHECK(sent(R"({"in": {"statusCode": 5}})") == std::string(json) + R"({"in": {"statusCode": 5}})");
  CHECK(sent("") == json);
  CHECK(sent("text") == "it is not JSON");
}

TEST_CASE("an answer in parts has a type, and nothing of the connection or of ours") {
  CHECK(sent(R"({"statusCode": 404})") == "404 Content-Type:application/json ");
  CHECK(
      sent(R"({"statusCode": "302", "headers": {"location": "/x", "Connection": "x-hop", "X-Hop": "1", "Upgrade": "h2c",
    "Content-Length": 5, "X-Fn-Status": "200", "x-empty": "", "x-null": null, "x-tab": "a\tb"}, "cookies": ["a=1"]})") ==
      "302 location:/x x-tab:a b Set-Cookie:a=1 Content-Type:application/json ");
  CHECK(sent(R"({"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": {"a": 1}})") ==
        "200 content-type:text/plain {\"a\":1}");
  CHECK(sent(R"({"statusCode": 200, "body": "AAE=", "isBase64Encoded": true})") ==
        std::string("200 Content-Type:application/json ") + std::string("\0\1", 2));
  CHECK(sent(R"({"statusCode": 304, "body": "x"})") == "304 ");
}

TEST_CASE("what can't be sent is refused, line breaks above all") {
  const auto refused = [](const std::string& answer) { return !sent(answer).starts_with("2"); };
  for (const char* code : {"0", "100", "199", "600", "-200", "2e2", "null", "\"ok\"", "true"})
    CHECK(refused(fmt::format(R"({{"statusCode": {}}})", code)));
  for (const char* header : {R"("a": "x\r\ny: z")", R"("a": "x\ny")", R"("a\r\nb": "x")", R"("a": "\u0000")",
                             R"("": "x")", R"("a:b": "x")", R"("a": ["x"])"})
    CHECK(refused(fmt::format(R"({{"statusCode": 200, "headers": {{{}}}}})", header)));
  CHECK(refused(R"({"statusCode": 200, "cookies": ["a=1\r\nx: y"]})"));
  CHECK(refused(R"({"statusCode": 200, "cookies": "a=1"})"));
  CHECK(refused(R"({"statusCode": 200, "cookies": [")" + std::string(16 * KiB, 'a') + R"("]})"));
  CHECK(refused(R"({"statusCode": 200, "body": "A", "isBase64Encoded": true})"));
  CHECK(refused(R"({"statusCode": 200, "isBase64Encoded": 1, "body": ""})"));
  CHECK(refused(R"({"statusCode": 200, "statusCode": 200})"));
}

TEST_CASE("a failure of the function is the service's 502, or honest") {
  const serve::AnswerContext context{"id-1", "1", "Root=1", "", ""};
  const auto status_of = [&](call::Outcome outcome, bool honest) {
    return serve::url_answer(outcome, "null", context, honest).status;
  };
  CHECK(status_of(call::timed_out(std::chrono::seconds(1)), false) == 502);
  CHECK(status_of(call::timed_out(std::chrono::seconds(1)), true) == 504);
  CHECK(status_of({call::Status::throttled, "", "", 0, {}}, false) == 429);
  CHECK(status_of({}, false) == 200);
  call::Outcome outcome;
  CHECK(serve::url_answer(outcome, "no JSON", context, true).body == "Internal Server Error");
  CHECK(outcome.status == call::Status::function_error);
}

TEST_CASE("pages that are not of this endpoint are known by their origin, their site, or the host") {
  CHECK_FALSE(is_page({{"Host", "127.0.0.1:9000"}}));
  CHECK_FALSE(is_page({{"Host", "[::1]:9000"}, {"Origin", "http://[::1]:9000"}, {"Sec-Fetch-Site", "same-origin"}}));
  CHECK_FALSE(is_page({{"Host", "Shop.LOCALHOST"}, {"Sec-Fetch-Site", "none"}}));
  CHECK(is_page({{"Host", "localhost:9000"}, {"Origin", "http://localhost:3000"}, {"Sec-Fetch-Site", "same-site"}}));
  CHECK(is_page({{"Host", "localhost:9000"}, {"Origin", "null"}}));
  CHECK(is_page({{"Host", "localhost:9000"}, {"Sec-Fetch-Site", "cross-site"}}));
  CHECK(is_page({{"Host", "evil.example:9000"}, {"Origin", "http://evil.example:9000"}}));
  CHECK(is_page({{"Host", "127.0.0.1.evil.example"}}));
  CHECK_FALSE(is_page({{"Host", "build.lan"}}, true));
}
