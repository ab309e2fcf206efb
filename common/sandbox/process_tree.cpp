// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process_tree.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

std::string read_if_there(const std::string& path) {
  const sys::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  try {
    return sys::read_fd(file.get(), path, 1 * MiB);
  } catch (const Error&) {
    return {};  // it ended meanwhile
  }
}

// proc(5), /proc/PID/task/TID/children: of each thread, where the kernel has it (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(tasks.c_str()), closedir);
  if (!dir) return children;
  while (const dirent* entry = readdir(dir.get())) {
    if (entry->d_name[0] == '.') continue;
    for (const std::string& word : split(read_if_there(fmt::format("{}/{}/children", tasks, entry->d_name)), ' '))
      if (const auto child = parse_uint(trim(word))) children.push_back(static_cast<pid_t>(*child));
  }
  return children;
}

bool knows_children() {
  static const bool known = access("/proc/thread-self/children", R_OK) == 0;
  return known;
}

ino_t pid_namespace(pid_t pid) {
  struct stat status {};
  return stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &status) == 0 ? status.st_ino : 0;
}

std::vector<pid_t> all_processes_in(ino_t wanted, pid_t init) {
  std::vector<pid_t> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir("/proc"), closedir);
  if (!dir) return found;
  while (const dirent* entry = readdir(dir.get())) {
    const auto pid = parse_uint(entry->d_name);
    if (pid && static_cast<pid_t>(*pid) != init && pid_namespace(static_cast<pid_t>(*pid)) == wanted)
      found.push_back(static_cast<pid_t>(*pid));
  }
  return found;
}

}  // namespace

pid_t child_of(pid_t pid) {
  const std::vector<pid_t> children = children_of(pid);
  return children.empty() ? 0 : *std::min_element(children.begin(), children.end());
}

// The children of init and theirs, and those of our own children that are in its namespace: a process that entered the
// namespace later has its parent outside.
std::vector<pid_t> descendants_of(pid_t init) {
  const ino_t wanted = pid_namespace(init);
  if (wanted == 0) return {};
  if (!knows_children()) return all_processes_in(wanted, init);
  std::vector<pid_t> found = children_of(init);
  for (const pid_t child : children_of(getpid()))
    if (child != init && pid_namespace(child) == wanted) found.push_back(child);
  for (std::size_t next = 0; next < found.size(); ++next)
    for (const pid_t child : children_of(found[next])) found.push_back(child);
  return found;
}

// proc_pid_stat(5). The name in parentheses may have spaces and parentheses itself.
Footprint footprint_of(pid_t pid) {
  enum Field : std::size_t { minor_faults = 7, major_faults = 9, user_time = 11, system_time = 12, resident = 21 };
  const std::string text = read_if_there(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos) return {};
  const std::vector<std::string> fields = split(text.substr(name_end + 2), ' ');
  if (fields.size() <= resident) return {};
  const auto number = [&](Field field) { return parse_uint(fields[field]).value_or(0); };
  return {.resident = number(resident) * static_cast<Bytes>(sysconf(_SC_PAGESIZE)),
          .activity = 1 + number(minor_faults) + number(major_faults) + number(user_time) + number(system_time)};
}

}  // namespace fn::sandbox
