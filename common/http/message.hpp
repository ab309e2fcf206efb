// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fn::http {

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

// A complete answer. The length goes out as Content-Length; Date and Connection are set by the server.
struct Response {
  unsigned status = 200;
  Headers headers;
  std::string body;
};

}  // namespace fn::http
