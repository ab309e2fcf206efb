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

ino_t pid_namespace(pid_t pid) {
  struct stat status {};
  return stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

pid_t child_of(pid_t pid) {
  const std::vector<pid_t> children = children_of(pid);
  return children.empty() ? 0 : *std::min_element(children.begin(), children.end());
}

// Not by parents alone: who entered the namespace later has its parent outside.
std::vector<pid_t> descendants_of(pid_t init) {
  std::vector<pid_t> found;
  const ino_t wanted = pid_namespace(init);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir("/proc"), closedir);
  if (!dir || wanted == 0) return found;
  while (const dirent* entry = readdir(dir.get())) {
    const auto pid = parse_uint(entry->d_name);
    if (pid && static_cast<pid_t>(*pid) != init && pid_namespace(static_cast<pid_t>(*pid)) == wanted)
      found.push_back(static_cast<pid_t>(*pid));
  }
  return found;
}

Bytes resident_bytes(pid_t pid) {
  const std::vector<std::string> fields = split(read_if_there(fmt::format("/proc/{}/statm", pid)), ' ');
  if (fields.size() < 2) return 0;
  return parse_uint(fields[1]).value_or(0) * static_cast<Bytes>(sysconf(_SC_PAGESIZE));
}

}  // namespace fn::sandbox
