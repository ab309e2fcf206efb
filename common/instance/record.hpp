// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/units.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace fn::instance {

enum class State { starting, idle, busy, paused, ending };
std::string_view state_name(State state);

// The state of one instance: the file instance.json in its directory, written by its supervisor with every change.
struct Record {
  std::string id;         // 8 hexadecimal digits
  std::string function;   // "" if it belongs to no function
  std::string reference;  // the image or directory, as it was given
  std::string digest;     // of the manifest; "" for a directory
  std::string version;    // the image's version as people call it
  std::string protocol;   // "exec" or "lambda"
  std::string key;        // identifies image and settings: instances with equal keys are interchangeable
  pid_t supervisor = 0;
  pid_t init = 0;     // the sandbox's first process, as the supervisor knows it
  pid_t command = 0;  // the function's process, likewise; only known to status(), 0 if there is none now
  State state = State::starting;
  bool frozen = false;  // while idle, until the next call
  UnixTime started_at = 0;
  UnixTime idle_since = 0;                  // 0: not idle
  std::chrono::milliseconds keep_alive{0};  // how long it waits for the next call; 0: forever
  bool one_shot = false;                    // it ends with its first call
  std::uint64_t concurrency = 1;            // calls at once; 0: no limit
  std::uint64_t calls = 0;                  // taken so far
  std::uint64_t in_flight = 0;
  Bytes memory_limit = 0;                   // 0: none
  std::vector<std::string> published = {};  // ports that are reached from outside: ADDR:PORT:PORT
};

Json to_json(const Record& record);
// Throws integrity for anything that to_json() cannot have produced.
Record record_of(const Json& json);

}  // namespace fn::instance
