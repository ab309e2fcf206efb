// SPDX-License-Identifier: Apache-2.0
#include "lambda/routes.hpp"

#include <array>

namespace fn::lambda {
namespace {

constexpr std::string_view invocation_prefix = "/2018-06-01/runtime/invocation/";

struct Entry {
  std::string_view path;
  std::string_view method;
  Route route;
};

constexpr std::array<Entry, 11> entries = {{
    {"/2018-06-01/runtime/invocation/next", "GET", Route::next},
    {"/2020-01-01/extension/event/next", "GET", Route::extension_next},
    {"/2018-06-01/runtime/init/error", "POST", Route::init_error},
    {"/2018-06-01/runtime/restore/next", "GET", Route::restore_next},
    {"/2018-06-01/runtime/restore/error", "POST", Route::restore_error},
    {"/2018-06-01/ping", "GET", Route::ping},
    {"/2020-01-01/extension/register", "POST", Route::extension_register},
    {"/2020-01-01/extension/init/error", "POST", Route::extension_init_error},
    {"/2020-01-01/extension/exit/error", "POST", Route::extension_exit_error},
    {"/2020-08-15/logs", "PUT", Route::logs},
    {"/2022-07-01/telemetry", "PUT", Route::telemetry},
}};

MatchedRoute with_method(Route route, std::string_view id, bool right) {
  if (!right) return {Route::wrong_method, {}};
  return {route, id};
}

}  // namespace

MatchedRoute route_of(std::string_view method, std::string_view path) {
  for (const Entry& entry : entries)
    if (path == entry.path) return with_method(entry.route, {}, method == entry.method);
  if (!path.starts_with(invocation_prefix)) return {};
  const std::string_view rest = path.substr(invocation_prefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view what = rest.substr(slash + 1);
  if (what == "response") return with_method(Route::response, rest.substr(0, slash), method == "POST");
  if (what == "error") return with_method(Route::error, rest.substr(0, slash), method == "POST");
  return {};
}

}  // namespace fn::lambda
