// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/network.hpp"
#include "base/units.hpp"
#include "sandbox/plan/wall.hpp"

#include <chrono>
#include <cstdint>
#include <linux/filter.h>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// The root file system: directories in the order in which overlayfs stacks them, mounted with userxattr. Never written
// to.
struct RootFiles {
  std::string directory;            // an absolute path
  std::vector<std::string> layers;  // names in it, lowest first; none: it is itself the only layer
};

// A directory or file of the host that the function sees.
struct BindMount {
  std::string source;  // absolute, on the host
  std::string target;  // absolute, inside
  bool read_only = false;
};

// A file that is made in the sandbox's /tmp, in a folder of its own there, and is the sandbox's from then on.
struct GivenFile {
  std::string folder;
  std::string name;
  std::string content;
};

// Limits for all processes of the sandbox together.
struct Limits {
  std::optional<Bytes> memory;
  std::optional<double> cpus;
  std::optional<std::uint64_t> pids;
};

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups = {};
  std::string home = {};  // of a user whom the image knows, if it has that directory
};

// The command of a sandbox and the walls around it. Pure data; plan() turns it into operations.
struct Spec {
  RootFiles root;
  bool writable = false;  // "/" can be changed; changes are discarded with the sandbox
  std::vector<BindMount> mounts = {};
  std::vector<GivenFile> files = {};
  Bytes scratch_bytes = 64 * MiB;  // of /tmp, /dev/shm and the changes of a writable root together

  std::vector<std::string> command;      // argv; command[0] is searched in PATH if it has no slash
  std::vector<std::string> environment;  // NAME=value
  std::string working_dir = "/";         // created if the image doesn't have it
  Identity identity = {};
  std::string host_name = "fn";

  Network network = Network::none;
  std::optional<std::uint16_t> listen_port =
      {};                 // a TCP listener on 127.0.0.1 inside, handed to the caller; not with host
  bool terminal = false;  // a pseudo-terminal of its own as fds 0 to 2, its master handed to the caller
  bool idle = false;      // no command: the sandbox waits for enter()

  Limits limits = {};
  std::optional<std::chrono::milliseconds> time = {};  // init ends all shortly after it, if nobody else has; 0: none
  bool freezer = false;                                // prepare to be paused
  bool timed = false;                                  // note when each step ends, for Sandbox::timing()
  std::vector<sock_filter> filter = {};                // seccomp; empty: that wall is down
  bool landlock = true;
  std::uint64_t open_files = 4096;  // RLIMIT_NOFILE
  std::vector<Wall> require = {};   // fails closed unless these are up
};

// Where spec.command is looked for: itself, or in each directory of the PATH in its environment (execvp(3)); an empty
// name nowhere.
std::vector<std::string> program_paths(const Spec& spec);

bool is_required(const Spec& spec, Wall wall);

// The least limit of memory with which a program can start. Until it has executed it shares the memory of its maker,
// whom the kernel would kill with it; beyond that a limit can only hit the program.
inline constexpr Bytes least_memory = 4 * MiB;
// What the start of the command takes of its limit: the kernel's own, and the spec's words and files.
Bytes start_memory(const Spec& spec);
// Throws usage for a limit that is less than that, or than what the spec's words and files take of it.
void check_memory(const Spec& spec);

}  // namespace fn::sandbox
