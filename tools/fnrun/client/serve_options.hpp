// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "sys/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace fn::run {

// Passed by fnrun to the program fn-serve, as a JSON document on its fd 0.
struct ServeOptions {
  std::string home;
  std::chrono::milliseconds lock_timeout{0};
  int socket = -1;                // already listening, inherited
  std::string endpoint;           // "127.0.0.1:9000"
  std::string function;           // its name; "" for an image or a directory
  std::string target;             // as it was given
  std::string version;            // of an image or a directory
  Json launch;                    // how to start an instance of an image or a directory
  std::uint64_t concurrency = 1;  // 0: no limit
  std::uint64_t queue = 100;
  std::optional<std::chrono::milliseconds> keep_alive;  // nothing: the function's; 0: an instance for each call
  std::chrono::milliseconds grace{5000};
  std::optional<std::chrono::milliseconds> serve_for;  // then it stops; nothing: for ever
  std::optional<bool> aws_status;  // 200 for a failed call, as the service answers; nothing: by who speaks Lambda
  bool from_pages = false;         // requests that a web page makes are answered
  bool url_events = false;         // every request is a call, with the event of a function URL
  bool any_host = false;           // whatever name a request has for this machine
  bool watch = false;              // changed code is for the next call
  bool image_protocol = false;     // the protocol of an image is what the image says, whichever it is
  bool json = false;
  bool quiet = false;
};

Json to_json(const ServeOptions& options);
ServeOptions serve_options_of(const Json& json);  // throws integrity

// Where to listen: "127.0.0.1:9000", "[::1]:9000", "localhost:9000", ":9000" or "9000". Throws usage.
sys::Endpoint parse_endpoint(const std::string& text);

}  // namespace fn::run
