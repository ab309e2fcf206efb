// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace fn::lambda {

enum class Route {
  unknown,       // 404
  wrong_method,  // 405
  ping,
  next,
  response,
  error,
  init_error,
  restore_next,
  restore_error,
  extension_register,
  extension_next,
  extension_init_error,
  extension_exit_error,
  logs,
  telemetry,
};

struct MatchedRoute {
  Route route = Route::unknown;
  std::string_view id;  // of response and error, a part of the path
};

// The target of a request.
MatchedRoute route_of(std::string_view method, std::string_view path);

}  // namespace fn::lambda
