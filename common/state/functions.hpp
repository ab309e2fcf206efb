// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/network.hpp"
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
// "auto" for nothing.
std::string_view protocol_name(std::optional<Protocol> protocol);

// A function: an image and the settings of its calls. Rows of the table `function` with those of `function_env`. The
// values given here are those of a new function.
struct Function {
  std::string name = {};
  std::string image = {};    // NAME:TAG, which follows the tag, or NAME@sha256:.., which is fixed
  Bytes memory = 512 * MiB;  // 0: no limit
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // 0: no limit
  std::uint64_t milli_cpus = 0;                                  // thousandths of a processor; 0: no limit
  std::uint64_t pids = 1024;              // processes and threads, as AWS Lambda has it; 0: no limit
  std::optional<Protocol> protocol = {};  // nothing: what the image speaks
  std::string handler = {};               // _HANDLER of the Runtime API; may be empty
  Network network = Network::loopback;
  std::chrono::milliseconds keep_alive = std::chrono::minutes(5);  // of an instance after its last call
  std::uint64_t concurrency = 0;                                   // calls at once; 0: no limit
  std::optional<std::string> entrypoint = {};                      // instead of the image's; "": none
  std::vector<std::string> command = {};                           // the words after it; empty: what the image says
  std::vector<std::string> mounts = {};                            // SRC:DST[:ro], SRC absolute
  std::vector<std::string> publish = {};                           // ADDR:PORT:PORT, function/published_port.hpp
  std::optional<std::string> user = {};                            // instead of the image's, like the next
  std::optional<std::string> working_dir = {};
  bool writable = false;
  // Until a runtime (lambda) asks for the first event; 0: no limit.
  // docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the init phase.
  std::chrono::milliseconds init_timeout = std::chrono::seconds(10);
  Bytes scratch = 64 * MiB;  // of /tmp and all changes together; 0: no limit
  std::string seccomp = "default";
  std::string require = {};  // walls, separated by commas
  bool freeze = false;       // instances, between calls
  std::map<std::string, std::string> env = {};
  UnixTime created_at = 0;
  UnixTime updated_at = 0;

  friend bool operator==(const Function&, const Function&) = default;
};

// Throws usage, with an example, unless the name is [a-z0-9][a-z0-9._-]{0,63}.
void check_function_name(std::string_view name);
// The protocol of that name, nothing for "auto"; throws integrity for others.
std::optional<Protocol> parse_protocol(std::string_view name);

// The functions of a state. Made by Store::functions(), which it must not outlive.
class Functions {
 public:
  explicit Functions(db::Database& db) : db_(&db) {}

  std::vector<Function> list() const;  // sorted by name
  std::optional<Function> find(const std::string& name) const;
  // Like find(), but throws not_found with did-you-mean.
  Function get(const std::string& name) const;

  // Creates or changes a function: `edit` gets its current state (nothing if it does not exist) and returns the new
  // one. Both in one transaction, so that no concurrent change is lost; `edit` must not do I/O, and may throw. Times
  // are set here. Nothing is written if nothing changed. Throws usage for a bad name or an invalid environment
  // variable.
  using Edit = std::function<Function(std::optional<Function> before)>;
  Function set(const std::string& name, const Edit& edit, UnixTime now);

  // All of them or none: throws not_found before anything is removed if one does not exist.
  void remove(const std::vector<std::string>& names);

 private:
  Function read(const db::Statement& row) const;
  void write(const Function& function);
  db::Database* db_;
};

}  // namespace fn::state
