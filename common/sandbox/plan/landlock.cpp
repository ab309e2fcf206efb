// SPDX-License-Identifier: Apache-2.0
// The maker's half of the second wall: a request (paths, ports) becomes rights in the kernel's terms, without those
// that this kernel's ABI does not know, since the kernel refuses a ruleset with a bit that is new to it. What is lost
// by that is told by missing(). The other half, child/landlock_restrict.cpp, opens the paths and restricts the
// command's process, inside the sandbox, where nothing may be allocated.
#include "sandbox/plan/landlock.hpp"

#include "base/error.hpp"
#include "sys/raw_syscall.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/syscall.h>
#include <utility>

namespace fn::sandbox::landlock {

using sys::raw_syscall;

namespace {

// From the kernel's include/uapi/linux/landlock.h, which in the headers that this is built with may stop at ABI 2.
constexpr std::uint64_t execute = 1U << 0;
constexpr std::uint64_t write_file = 1U << 1;
constexpr std::uint64_t read_file = 1U << 2;
constexpr std::uint64_t read_dir = 1U << 3;
constexpr std::uint64_t remove_dir = 1U << 4;
constexpr std::uint64_t remove_file = 1U << 5;
constexpr std::uint64_t make_char = 1U << 6;
constexpr std::uint64_t make_dir = 1U << 7;
constexpr std::uint64_t make_reg = 1U << 8;
constexpr std::uint64_t make_sock = 1U << 9;
constexpr std::uint64_t make_fifo = 1U << 10;
constexpr std::uint64_t make_block = 1U << 11;
constexpr std::uint64_t make_sym = 1U << 12;
constexpr std::uint64_t refer = 1U << 13;
constexpr std::uint64_t truncate_file = 1U << 14;
constexpr std::uint64_t ioctl_dev = 1U << 15;
constexpr std::uint64_t bind_tcp = 1U << 0;
constexpr std::uint64_t connect_tcp = 1U << 1;
constexpr std::uint64_t scope_abstract_unix_socket = 1U << 0;
constexpr std::uint64_t scope_signal = 1U << 1;
constexpr unsigned version_flag = 1U << 0;
constexpr unsigned log_new_exec_on = 1U << 1;

// Devices can be made nowhere.
constexpr std::uint64_t basic = execute | write_file | read_file | read_dir | remove_dir | remove_file | make_char |
                                make_dir | make_reg | make_sock | make_fifo | make_block | make_sym;
// The only rights that the kernel takes for something that is not a directory.
constexpr std::uint64_t of_a_file = execute | write_file | read_file | truncate_file | ioctl_dev;

constexpr std::uint64_t reading = read_file | read_dir;
constexpr std::uint64_t writing = write_file | truncate_file | remove_dir | remove_file | make_dir | make_reg |
                                  make_sock | make_fifo | make_sym | refer;

std::uint64_t rights(Access access) {
  switch (access) {
    case Access::read:
      return reading;
    case Access::read_execute:
      return reading | execute;
    case Access::read_write:
      return reading | writing;
    case Access::all:
      return reading | execute | writing;
    case Access::device:
      return reading | write_file | ioctl_dev;
  }
  fail(Kind::internal, "unknown access");
}

// A kind of right, since which ABI it can be kept, and what a user calls it.
struct Since {
  int abi;
  std::uint64_t file_rights;
  std::string_view name;
};
constexpr std::array<Since, 6> history{{{1, basic, "file access"},
                                        {2, refer, "moves between directories"},
                                        {3, truncate_file, "truncation"},
                                        {4, 0, "TCP ports"},
                                        {5, ioctl_dev, "device control"},
                                        {6, 0, "signals and abstract sockets"}}};
constexpr int abi_with_ports = 4;
constexpr int abi_with_scopes = 6;
constexpr int abi_with_audit = 7;

}  // namespace

int abi() {
  const long version = raw_syscall(SYS_landlock_create_ruleset, nullptr, 0, version_flag);
  return version < 0 ? 0 : static_cast<int>(version);
}

std::vector<std::string_view> missing(int abi) {
  std::vector<std::string_view> names;
  for (const Since& since : history)
    if (abi < since.abi) names.push_back(since.name);
  return names;
}

std::string_view step_name(Step step) {
  switch (step) {
    case Step::done:
      return "nothing";
    case Step::create:
      return "create the ruleset";
    case Step::open:
      return "open a path";
    case Step::add_path:
      return "add a path";
    case Step::add_port:
      return "add a port";
    case Step::restrict:
      return "restrict the process";
  }
  fail(Kind::internal, "unknown step");
}

Ruleset::Ruleset(Request request, int abi)
    : request_(std::move(request)),
      handled_{},
      handled_size_(sizeof(Handled)),
      restrict_flags_(request_.audit && abi >= abi_with_audit ? log_new_exec_on : 0) {
  if (abi < 1) fail(Kind::internal, "landlock is not available");
  for (const Since& since : history)
    if (abi >= since.abi) handled_.files |= since.file_rights;
  for (const PathRule& rule : request_.path_rules) {
    const std::uint64_t access = rights(rule.access) & handled_.files;
    paths_.push_back({rule.path.c_str(), access, access & of_a_file});
  }

  const auto add_ports = [&](const std::optional<std::vector<std::uint16_t>>& ports, std::uint64_t right) {
    if (!ports || abi < abi_with_ports) return;
    handled_.ports |= right;
    for (const std::uint16_t port : *ports) ports_.push_back({port, right});
  };
  add_ports(request_.bind_ports, bind_tcp);
  add_ports(request_.connect_ports, connect_tcp);

  if (request_.scoped && abi >= abi_with_scopes) handled_.scopes = scope_abstract_unix_socket | scope_signal;
  if (abi < abi_with_scopes) handled_size_ = offsetof(Handled, scopes);
  if (abi < abi_with_ports) handled_size_ = offsetof(Handled, ports);
}

}  // namespace fn::sandbox::landlock
