// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"
#include "db/sqlite.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::state {

// How a call and its answer get in and out: exec is the event on stdin and the response on stdout, lambda the Lambda
// Runtime API.
enum class Protocol { exec, lambda };
std::string_view protocol_name(Protocol protocol);

// What the function's own network namespace has, or the host's.
enum class Network { none, loopback, host };
std::string_view network_name(Network network);

// A function: an image and the settings of its calls. Rows of the table `function` with those of `function_env`. What
// stands here are the values of a new one.
struct Function {
  std::string name = {};
  std::string image = {};  // NAME:TAG, which follows the tag, or NAME@sha256:.., which stays
  Bytes memory = 512 * MiB;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::uint64_t milli_cpus = 0;  // thousandths of a processor; 0: no limit
  std::uint64_t pids = 1024;     // processes and threads, as AWS Lambda has it; 0: no limit
  Protocol protocol = Protocol::exec;
  std::string handler = {};  // _HANDLER of the Runtime API; may be empty
  Network network = Network::loopback;
  std::chrono::milliseconds keep_alive = std::chrono::minutes(5);  // of an instance after its last call
  std::uint64_t concurrency = 0;                                   // calls at once; 0: no limit
  std::vector<std::string> command = {};                           // empty: what the image says
  std::map<std::string, std::string> env = {};
  UnixTime created_at = 0;
  UnixTime updated_at = 0;

  friend bool operator==(const Function&, const Function&) = default;
};

// Throws usage, with an example, unless the name is [a-z0-9][a-z0-9._-]{0,63}.
void check_function_name(std::string_view name);
// The values in words of the enums; throw integrity for others.
Protocol parse_protocol(std::string_view name);
Network parse_network(std::string_view name);

// The functions of a state. Made by Store::functions(), which it must not outlive.
class Functions {
 public:
  explicit Functions(db::Database& db) : db_(&db) {}

  std::vector<Function> list() const;  // sorted by name
  std::optional<Function> find(const std::string& name) const;
  // find() that throws not_found with did-you-mean.
  Function get(const std::string& name) const;

  // Makes a function or changes it: `edit` gets what it is (nothing if there is none of that name) and gives back what
  // it is to be. Both in one transaction, so that of two changes at once none is lost; `edit` does no I/O, and may
  // throw. Times are set here. Nothing is written if nothing differs. Throws usage for a bad name or an environment
  // variable that can't be one.
  using Edit = std::function<Function(std::optional<Function> before)>;
  Function set(const std::string& name, const Edit& edit, UnixTime now);

  // All of them or none: one that isn't there throws not_found before anything is removed.
  void remove(const std::vector<std::string>& names);

 private:
  Function read(const db::Statement& row) const;
  void write(const Function& function);
  db::Database* db_;
};

}  // namespace fn::state
