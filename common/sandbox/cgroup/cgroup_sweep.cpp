// SPDX-License-Identifier: Apache-2.0
// What is left behind when even the janitor was killed. A group's name says whose it is: pid and start time of its
// maker and the namespaces in which both were counted. A sweep reads the names in all places where groups are made,
// and empties and removes those whose maker is gone. In doubt a maker is alive: its pid may be hidden from us, or be
// counted in other namespaces. A group whose maker lives must never be touched.
#include "sandbox/cgroup/cgroup_sweep.hpp"

#include "base/text.hpp"
#include "sandbox/cgroup/cgroup_dir.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

struct Owner {
  std::uint64_t pid;
  std::uint64_t start;
  std::string_view namespaces;
};

// The inode numbers of the namespaces in which process numbers and start times are counted.
std::string own_namespaces() {
  struct stat pids {};
  struct stat times {};
  sys::check(stat("/proc/self/ns/pid", &pids), "cannot read '/proc/self/ns/pid'");
  // Kernels before 5.6 have no time namespaces.
  if (stat("/proc/self/ns/time", &times) < 0) times.st_ino = 0;
  return fmt::format("{:x}.{:x}", pids.st_ino, times.st_ino);
}

// proc(5): field 2 is the name of the program in parentheses, and may hold anything, so that fields are counted from
// the last one.
std::optional<std::uint64_t> start_of(const std::string& process) {
  const auto text = read_small_file(AT_FDCWD, fmt::format("/proc/{}/stat", process).c_str());
  const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = split(text->substr(name_end + 1), ' ');
  return fields.size() > 20 ? parse_uint(fields[20]) : std::nullopt;
}

std::optional<Owner> owner_in(std::string_view name) {
  if (!name.starts_with("fn-")) return std::nullopt;
  name.remove_prefix(3);
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    const std::size_t end = name.find('-');
    if (end == name.npos) return std::nullopt;
    field = name.substr(0, end);
    name.remove_prefix(end + 1);
  }
  const auto pid = parse_uint(fields[0]);
  const auto start = parse_uint(fields[1]);
  if (!pid || *pid == 0 || *pid > INT32_MAX || !start) return std::nullopt;
  return Owner{*pid, *start, fields[2]};
}

// In doubt it is alive: /proc may hide the processes of others (hidepid).
bool is_gone(const Owner& owner) {
  if (::kill(pid_t(owner.pid), 0) < 0 && errno == ESRCH) return true;
  const auto start = start_of(std::to_string(owner.pid));
  return start && *start != owner.start;
}

std::vector<std::string> orphans_in(const std::string& directory, std::string_view namespaces) {
  std::vector<std::string> paths;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory.c_str()), closedir);
  if (!listing) return paths;
  while (const dirent* entry = readdir(listing.get())) {
    const auto owner = owner_in(entry->d_name);
    if (owner && owner->namespaces == namespaces && is_gone(*owner))
      paths.push_back(fmt::format("{}/{}", directory, entry->d_name));
  }
  return paths;
}

void sweep_one(const std::string& path, int version, std::chrono::milliseconds patience, SweptCgroups& swept) {
  try {
    const auto group = CgroupDir::open(path, version);
    if (!group) return;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const bool gone = kill_group(*group, patience, swept.killed) && remove_group(path, deadline);
    ++(gone ? swept.removed : swept.left);
  } catch (const Error&) {
    ++swept.left;
  }
}

}  // namespace

std::string cgroup_name(std::string_view tail, pid_t owner) {
  const auto start = start_of(owner == 0 ? "self" : std::to_string(owner));
  if (!start) fail(Kind::not_found, "process {} does not exist", owner);
  return fmt::format("fn-{}-{}-{}-{}", owner == 0 ? getpid() : owner, *start, own_namespaces(), tail);
}

SweptCgroups sweep_cgroups(const CgroupHost& host, std::chrono::milliseconds patience) {
  SweptCgroups swept;
  const std::string namespaces = own_namespaces();
  std::vector<std::string> seen;
  for (const CgroupPlace* place : host.places()) {
    if (!*place || std::find(seen.begin(), seen.end(), place->directory) != seen.end()) continue;
    seen.push_back(place->directory);
    for (const std::string& path : orphans_in(place->directory, namespaces))
      sweep_one(path, place->version, patience, swept);
  }
  return swept;
}

}  // namespace fn::sandbox
