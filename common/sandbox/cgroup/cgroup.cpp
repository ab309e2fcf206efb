// SPDX-License-Identifier: Apache-2.0
// The group of one sandbox: a directory of the same name in each hierarchy that has something to say. On version 1
// these are up to four, on version 2 one for all controllers, on hybrid hosts both. Directories of version 1 are made
// first, so that the one of version 2 is the last in `dirs_`, where v2_fd() and kill() look for it. If any step of
// make() fails, the destructor of the half-made group removes what is there.
//
// No process is moved into a group from outside: for that the kernel takes a global lock, which costs milliseconds.
// Processes are born into the group of version 2 and write themselves into those of version 1.
#include "sandbox/cgroup/cgroup.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

using std::chrono::milliseconds;

// How long a destructor waits for processes that are being killed.
constexpr milliseconds parting{100};

struct Purpose {
  const CgroupPlace& place;
  std::string_view name;  // for the message
};

std::vector<Purpose> purposes_of(const CgroupHost& host, const CgroupLimits& limits) {
  std::vector<Purpose> purposes;
  if (limits.memory) purposes.push_back({host.memory, "limit the memory"});
  if (limits.cpus) purposes.push_back({host.cpu, "limit the CPU"});
  if (limits.pids) purposes.push_back({host.pids, "limit the number of processes"});
  if (limits.freezer) purposes.push_back({host.freezer, "create a group that can be frozen"});
  if (limits.track) purposes.push_back({host.track, "create a group that can be killed"});
  return purposes;
}

// Controllers that are switched on in the directory for all groups in it; it makes no difference if they are already.
void enable_controllers(const CgroupHost& host, const CgroupLimits& limits) {
  std::string words;
  std::string directory;
  const auto add = [&](bool wanted, const CgroupPlace& place, std::string_view controller) {
    if (!wanted || !place.enable) return;
    words += fmt::format("{}+{}", words.empty() ? "" : " ", controller);
    directory = place.directory;
  };
  add(limits.memory.has_value(), host.memory, "memory");
  add(limits.cpus.has_value(), host.cpu, "cpu");
  add(limits.pids.has_value(), host.pids, "pids");
  if (words.empty()) return;
  if (const auto dir = CgroupDir::open(directory, 2)) dir->set("cgroup.subtree_control", words);
}

}  // namespace

Cgroup Cgroup::make(const CgroupHost& host, const std::string& name, const CgroupLimits& limits) {
  if (name.empty() || name.find('/') != name.npos || name == "." || name == "..")
    fail(Kind::usage, "'{}' is not a valid group name", printable(name));
  const std::vector<Purpose> purposes = purposes_of(host, limits);
  for (const Purpose& each : purposes)
    if (!each.place) fail_hint(Kind::unsupported, each.place.remedy, "cannot {}: {}", each.name, each.place.reason);
  enable_controllers(host, limits);

  Cgroup group;
  for (const int version : {1, 2})
    for (const Purpose& each : purposes)
      if (each.place.version == version) group.enter(each.place, name);
  if (limits.memory) {
    group.memory_ = group.enter(host.memory, name);
    limit_memory(*group.at(group.memory_), *limits.memory);
  }
  if (limits.cpus) limit_cpu(*group.at(group.enter(host.cpu, name)), *limits.cpus);
  if (limits.pids) limit_pids(*group.at(group.enter(host.pids, name)), *limits.pids);
  if (limits.freezer) group.freezer_ = group.enter(host.freezer, name);
  return group;
}

std::vector<std::string> Cgroup::paths_for(const CgroupHost& host, const std::string& name,
                                           const CgroupLimits& limits) {
  std::vector<std::string> paths;
  for (const Purpose& each : purposes_of(host, limits)) {
    std::string path = fmt::format("{}/{}", each.place.directory, name);
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
  }
  return paths;
}

// The index of the directory for a place: one that we have already, where hierarchies are shared, or a new one.
int Cgroup::enter(const CgroupPlace& place, const std::string& name) {
  const std::string path = fmt::format("{}/{}", place.directory, name);
  const auto known = std::find_if(dirs_.begin(), dirs_.end(), [&](const CgroupDir& dir) { return dir.path() == path; });
  if (known != dirs_.end()) return int(known - dirs_.begin());
  dirs_.push_back(CgroupDir::make(path, place.version));
  return int(dirs_.size()) - 1;
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : dirs_(std::move(other.dirs_)), memory_(other.memory_), freezer_(other.freezer_), released_(other.released_) {
  other.dirs_.clear();
}

Cgroup::~Cgroup() {
  if (released_) return;
  try {
    remove(parting);
  } catch (const Error&) {
    // The next sweep has another try.
  }
}

std::vector<std::string> Cgroup::task_files() const {
  std::vector<std::string> files;
  for (const CgroupDir& dir : dirs_)
    if (dir.version() == 1) files.push_back(dir.path() + "/tasks");
  return files;
}

int Cgroup::v2_fd() const {
  return dirs_.empty() || dirs_.back().version() != 2 ? -1 : dirs_.back().fd();
}

std::optional<Bytes> Cgroup::memory_usage() const {
  return memory_ < 0 ? std::nullopt : sandbox::memory_usage(*at(memory_));
}

std::optional<Bytes> Cgroup::memory_peak() const {
  return memory_ < 0 ? std::nullopt : sandbox::memory_peak(*at(memory_));
}

std::optional<std::uint64_t> Cgroup::oom_kills() const {
  return memory_ < 0 ? std::nullopt : sandbox::oom_kills(*at(memory_));
}

std::optional<std::chrono::microseconds> Cgroup::cpu_time() const {
  for (auto dir = dirs_.rbegin(); dir != dirs_.rend(); ++dir)
    if (const auto used = sandbox::cpu_time(*dir)) return used;
  return std::nullopt;
}

bool Cgroup::kill() const {
  return v2_fd() >= 0 && dirs_.back().write("cgroup.kill", "1");
}

bool Cgroup::freeze(milliseconds patience) const {
  return freezer_ >= 0 && freeze_group(*at(freezer_), patience);
}

bool Cgroup::thaw(milliseconds patience) const {
  return freezer_ >= 0 && thaw_group(*at(freezer_), patience);
}

std::vector<std::string> Cgroup::paths() const {
  std::vector<std::string> paths;
  for (const CgroupDir& dir : dirs_) paths.push_back(dir.path());
  return paths;
}

bool Cgroup::remove(milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool all = true;
  for (const CgroupDir& dir : dirs_) all = remove_group(dir.path(), deadline) && all;
  return all;
}

}  // namespace fn::sandbox
