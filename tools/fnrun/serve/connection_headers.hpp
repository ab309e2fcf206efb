// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::serve {

// The headers that are of one connection, and not passed on (RFC 9110 7.6.1): those known as such, and what the header
// Connection names.
class ConnectionHeaders {
 public:
  explicit ConnectionHeaders(const http::Headers& headers);
  // `name` is lower-case.
  bool has(std::string_view name) const;

 private:
  std::vector<std::string> named_;
};

}  // namespace fn::serve
