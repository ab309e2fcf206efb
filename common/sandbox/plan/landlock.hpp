// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Rights to files, TCP ports, abstract sockets and signals that the kernel checks by path and not by namespace: a
// second wall behind the mounts (kernel Documentation/userspace-api/landlock.rst).
namespace fn::sandbox::landlock {

// The kernel's landlock ABI, 0 if it has none or it is switched off.
int abi();

// What this ABI cannot restrict, in words for a user: "truncation", "TCP ports", .. Empty from ABI 6 on.
std::vector<std::string_view> missing(int abi);

enum class Access {
  read,          // and list
  read_execute,  // also run
  read_write,    // also change, make and remove, but not run
  all,           // read_execute and read_write
  device,        // read, write and control (ioctl) devices
};

// A file, or a directory with all beneath it.
struct PathRule {
  std::string path;
  Access access;
};

struct Request {
  std::vector<PathRule> path_rules;  // nothing else in the file system can be opened
  // The TCP ports that may be bound and connected to; not set: any.
  std::optional<std::vector<std::uint16_t>> bind_ports = std::nullopt;
  std::optional<std::vector<std::uint16_t>> connect_ports = std::nullopt;
  bool scoped = true;  // no signals to processes outside, no abstract unix sockets of theirs
  bool audit = false;  // denials after exec go to the audit log (from ABI 7 on)
};

// A right to the file or directory that is at `path` when restrict() runs.
struct PathRight {
  const char* path;
  std::uint64_t access;          // LANDLOCK_ACCESS_FS_*
  std::uint64_t access_to_file;  // if it is not a directory: the kernel takes no other rights for one
};

// A right to a TCP port.
struct PortRight {
  std::uint64_t port;
  std::uint64_t access;  // LANDLOCK_ACCESS_NET_*
};

enum class Step { done, create, open, add_path, add_port, restrict };

// Where restrict() stopped, with -errno of that step; Step::done and 0 if all went well.
struct Outcome {
  Step step;
  long result;
};

// "create the ruleset", "open a path", ..
std::string_view step_name(Step step);

// A request in the kernel's terms, without the rights that this ABI does not know. Created before clone; restrict() is
// for use between clone and exec (child/landlock_restrict.cpp).
class Ruleset {
 public:
  // `abi` as abi() gives it; at least 1.
  Ruleset(Request request, int abi);
  // restrict() reads `request_`'s strings by address.
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  // Restricts the calling thread permanently, across exec. Paths are looked up now, in the file system that the thread
  // sees; those that don't exist are skipped. The thread must have no_new_privs or CAP_SYS_ADMIN.
  Outcome restrict() const noexcept;

 private:
  // struct landlock_ruleset_attr as of ABI 6; older kernels take a prefix of it.
  struct Handled {
    std::uint64_t files;
    std::uint64_t ports;
    std::uint64_t scopes;
  };

  Outcome fill(int ruleset) const noexcept;
  static Outcome add(int ruleset, const PathRight& right) noexcept;

  Request request_;
  Handled handled_;
  std::size_t handled_size_;
  unsigned restrict_flags_;
  std::vector<PathRight> paths_;
  std::vector<PortRight> ports_;
};

}  // namespace fn::sandbox::landlock
