// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

struct MHD_Connection;

namespace fn::http {

class Exchange;

// A client's connection; owned by the server.
struct Connection {
  std::uint64_t id = 0;
  MHD_Connection* library = nullptr;
  int fd = -1;                  // the library's
  Exchange* current = nullptr;  // the request that is being read or answered
  bool hung_up = false;         // the client is gone
  bool half_closed = false;     // it sends no more, and may be there for its answer
  bool turned_away = false;     // it was one too many
  bool reading = true;          // no complete request since `since`
  std::chrono::steady_clock::time_point since;
};

}  // namespace fn::http
