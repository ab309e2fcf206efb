// SPDX-License-Identifier: Apache-2.0
#include "serve/connection_headers.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::serve {
namespace {

constexpr std::string_view known[] = {"connection", "expect",  "keep-alive",        "proxy-connection",
                                      "te",         "trailer", "transfer-encoding", "upgrade"};

}  // namespace

ConnectionHeaders::ConnectionHeaders(const http::Headers& headers) {
  for (const http::Header& header : headers)
    if (lower_case(header.name) == "connection")
      for (const std::string& name : split(header.value, ',')) named_.push_back(lower_case(trim(name)));
}

bool ConnectionHeaders::has(std::string_view name) const {
  return std::find(std::begin(known), std::end(known), name) != std::end(known) ||
         std::find(named_.begin(), named_.end(), name) != named_.end();
}

}  // namespace fn::serve
