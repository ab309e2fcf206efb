// SPDX-License-Identifier: Apache-2.0
// Where this process may make control groups; where it may not, why, and which command would mend that. In: the texts
// of /proc/self/cgroup and /proc/self/mountinfo. It looks and asks for permissions (faccessat), and makes nothing to
// try.
//
// Each controller is in one hierarchy. If that is one of version 1, the place is our own group there. All others are
// looked for in version 2, where two groups come into question: our own, and the one above. A group that has
// processes passes no controllers on to children, and we are in ours, so where ours offers nothing the one above may.
// All places of version 2 must be the same directory, since a process is in one group there.
#include "sandbox/cgroup/cgroup_host.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sandbox/cgroup/cgroup_dir.hpp"
#include "sandbox/cgroup/cgroup_remedy.hpp"

#include <algorithm>
#include <fcntl.h>
#include <optional>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

bool allowed(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

bool has_word(std::string_view text, std::string_view word) {
  for (const std::string& each : split(trim(text), ' '))
    if (each == word) return true;
  return false;
}

// "5.14.0-70-generic" is at least 5.14.
bool at_least(std::string_view release, std::uint64_t major, std::uint64_t minor) {
  const auto number = [&](std::size_t from) {
    return parse_uint(release.substr(from, release.find_first_not_of("0123456789", from) - from)).value_or(0);
  };
  const std::size_t dot = release.find('.');
  if (dot == release.npos) return false;
  return number(0) > major || (number(0) == major && number(dot + 1) >= minor);
}

// The group `path` in a mount that shows the groups below `root`, as a path below the mount point: "" or "/x". Both are
// seen from our cgroup namespace; "/.." in one says that it lies outside (cgroup_namespaces(7)).
std::optional<std::string_view> below(std::string_view path, std::string_view root) {
  if (path.starts_with("/..") || root.starts_with("/..")) return std::nullopt;
  if (root == "/") return path == "/" ? std::string_view{} : path;
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  return path.empty() || path.starts_with('/') ? std::optional(path) : std::nullopt;
}

// Our own group in one hierarchy, as far as it can be reached.
struct Reach {
  std::string top{};     // where the hierarchy is mounted
  std::string own{};     // the directory of our group
  std::string reason{};  // why it can't be reached, or empty
  std::string remedy{};
};

// One directory of version 2, and what could be had of it, in the order of the controllers that were asked for.
struct Candidate {
  bool usable = false;  // groups can be made in it, and this process moved there
  std::vector<CgroupPlace> places;

  bool offers_something() const {
    return std::any_of(places.begin(), places.end(), [](const CgroupPlace& place) { return bool(place); });
  }
};

struct Wanted {
  std::string_view controller;
  CgroupPlace* place;
};

class Detection {
 public:
  explicit Detection(const CgroupFacts& facts)
      : facts_(facts), members_(parse_cgroup_members(facts.cgroup)), mounts_(parse_cgroup_mounts(facts.mountinfo)) {}

  CgroupHost run() {
    std::vector<Wanted> in_v2;
    for (const Wanted& each : {Wanted{"memory", &host_.memory}, Wanted{"cpu", &host_.cpu}, Wanted{"pids", &host_.pids}})
      if (!find_v1(each.controller, *each.place)) in_v2.push_back(each);
    find_v2(in_v2);
    find_freezer();
    host_.kill = host_.track && at_least(facts_.release, 5, 14);
    return std::move(host_);
  }

 private:
  // False: no hierarchy of version 1 has this controller.
  bool find_v1(std::string_view controller, CgroupPlace& place) const {
    const CgroupMember* member = member_with(controller);
    if (!member) return false;
    const Reach reach = reach_of(*member, controller);
    if (!reach.reason.empty()) {
      place = {.reason = reach.reason, .remedy = reach.remedy};
    } else if (allowed(reach.own, W_OK | X_OK)) {
      place = {.version = 1, .directory = reach.own};
    } else {
      place = {.reason = no_permission(reach.own), .remedy = remedy_for_access_v1(facts_, reach.own)};
    }
    return true;
  }

  void find_v2(const std::vector<Wanted>& wanted) {
    const CgroupMember* member = member_with({});
    if (!member) return without_v2(wanted, {.reason = "the kernel lacks cgroup version 2"});
    const Reach reach = reach_of(*member, {});
    if (!reach.reason.empty()) return without_v2(wanted, {.reason = reach.reason, .remedy = reach.remedy});

    const Candidate own = consider(reach, reach.own, wanted);
    if (!own.offers_something() && (!own.usable || !wanted.empty()) && reach.own != reach.top) {
      const std::string above = reach.own.substr(0, reach.own.rfind('/'));
      const Candidate parent = consider(reach, above, wanted);
      if (parent.offers_something() || (!own.usable && parent.usable)) return take(parent, above, wanted);
    }
    take(own, reach.own, wanted);
    if (!host_.track) host_.track = {.reason = no_permission(reach.own), .remedy = remedy_for_access(reach)};
  }

  Candidate consider(const Reach& reach, const std::string& directory, const std::vector<Wanted>& wanted) const {
    Candidate candidate;
    // To move a process takes write access to cgroup.procs of the group above both places (cgroup-v2.rst, "Delegation
    // Containment").
    candidate.usable = allowed(directory + "/cgroup.procs", W_OK) && allowed(directory, W_OK | X_OK);
    if (wanted.empty()) return candidate;
    const std::string offered = content(directory, "cgroup.controllers");
    const std::string enabled = content(directory, "cgroup.subtree_control");
    for (const Wanted& each : wanted) {
      if (!candidate.usable) {
        candidate.places.push_back({.reason = no_permission(directory), .remedy = remedy_for_access(reach)});
      } else if (has_word(enabled, each.controller)) {
        candidate.places.push_back({.version = 2, .directory = directory});
      } else if (!has_word(offered, each.controller)) {
        candidate.places.push_back(not_offered(directory, each.controller));
      } else {
        candidate.places.push_back(enabling(reach, directory, each.controller));
      }
    }
    return candidate;
  }

  CgroupPlace not_offered(const std::string& directory, std::string_view controller) const {
    if (is_hierarchy_root(directory))
      return {.reason = fmt::format("the kernel lacks controller '{}', or it is disabled", controller)};
    return {.reason = fmt::format("controller '{}' is not delegated to group '{}'", controller, printable(directory)),
            .remedy = remedy_for_controller(facts_, directory, controller)};
  }

  // The controller is there, but not yet for child groups.
  CgroupPlace enabling(const Reach& reach, const std::string& directory, std::string_view controller) const {
    std::string reason;
    if (!allowed(directory + "/cgroup.subtree_control", W_OK)) {
      reason = no_permission(directory);
    } else if (!is_hierarchy_root(directory) && !content(directory, "cgroup.procs").empty()) {
      reason = fmt::format("group '{}' contains processes, so it cannot delegate controller '{}'", printable(directory),
                           controller);
    } else if (belongs_to_systemd(directory)) {
      reason = fmt::format("group '{}' belongs to systemd, which does not delegate controller '{}'",
                           printable(directory), controller);
    } else {
      return {.version = 2, .directory = directory, .enable = true};
    }
    return {.reason = std::move(reason), .remedy = remedy_for_access(reach)};
  }

  // Root can write anywhere, but systemd takes back what it did not delegate (systemd.io/CGROUP_DELEGATION). What an
  // ordinary user can write to was given to him.
  bool belongs_to_systemd(const std::string& directory) const {
    return facts_.systemd && facts_.uid == 0 && getxattr(directory.c_str(), "trusted.delegate", nullptr, 0) < 0 &&
           getxattr(directory.c_str(), "user.delegate", nullptr, 0) < 0;
  }

  void take(const Candidate& candidate, const std::string& directory, const std::vector<Wanted>& wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i) *wanted[i].place = candidate.places[i];
    if (candidate.usable) host_.track = {.version = 2, .directory = directory};
  }

  void without_v2(const std::vector<Wanted>& wanted, const CgroupPlace& nowhere) {
    for (const Wanted& each : wanted) *each.place = nowhere;
    host_.track = nowhere;
  }

  // Version 2 first: what it freezes can still be killed.
  void find_freezer() {
    if (host_.track && at_least(facts_.release, 5, 2)) {
      host_.freezer = host_.track;
    } else if (!find_v1("freezer", host_.freezer)) {
      host_.freezer =
          host_.track ? CgroupPlace{.reason = "the kernel cannot freeze groups: that needs Linux 5.2"} : host_.track;
    }
  }

  // Empty `controller`: version 2.
  const CgroupMember* member_with(std::string_view controller) const {
    for (const CgroupMember& member : members_) {
      if (controller.empty() ? member.controllers.empty() : contains(member.controllers, controller)) return &member;
    }
    return nullptr;
  }

  Reach reach_of(const CgroupMember& member, std::string_view controller) const {
    const CgroupMount* read_only = nullptr;
    bool mounted = false;
    for (const CgroupMount& mount : mounts_) {
      if (controller.empty() ? mount.version != 2 : !contains(mount.options, controller)) continue;
      mounted = true;
      const auto path = below(member.path, mount.root);
      if (!path) continue;
      std::string top = facts_.prefix + mount.point;
      if (!mount.read_only) return {.top = top, .own = top + std::string(*path)};
      read_only = &mount;
    }
    return read_only ? behind(*read_only) : out_of_reach(member, controller, mounted);
  }

  Reach behind(const CgroupMount& read_only) const {
    return {.reason = fmt::format("'{}' is mounted read-only", printable(read_only.point)),
            .remedy = remedy_for_read_only(facts_, read_only.point)};
  }

  Reach out_of_reach(const CgroupMember& member, std::string_view controller, bool mounted) const {
    const std::string hierarchy =
        controller.empty() ? "the hierarchy of version 2" : fmt::format("the hierarchy of controller '{}'", controller);
    if (mounted)
      return {.reason =
                  fmt::format("our group '{}' is outside the mounted part of {}", printable(member.path), hierarchy)};
    return {.reason = hierarchy + " is not mounted", .remedy = remedy_for_no_mount(facts_, controller)};
  }

  // Of a hierarchy of version 2. Controllers that are in one of version 1 can't be enabled there.
  std::string remedy_for_access(const Reach& reach) const {
    const std::string all = content(reach.top, "cgroup.controllers");
    std::vector<std::string_view> offered;
    for (const std::string_view controller : {"memory", "cpu", "pids"})
      if (has_word(all, controller)) offered.push_back(controller);
    return remedy_for_access_v2(facts_, reach.top, reach.own, offered);
  }

  static bool contains(const std::vector<std::string_view>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  static std::string no_permission(const std::string& directory) {
    return fmt::format("no permission to create groups in '{}'", printable(directory));
  }

  static std::string content(const std::string& directory, std::string_view file) {
    return read_small_file(AT_FDCWD, fmt::format("{}/{}", directory, file).c_str()).value_or("");
  }

  // It has no type, and may have both processes and controllers (cgroup-v2.rst, "No Internal Process Constraint").
  static bool is_hierarchy_root(const std::string& directory) { return !allowed(directory + "/cgroup.type", F_OK); }

  const CgroupFacts& facts_;
  std::vector<CgroupMember> members_;
  std::vector<CgroupMount> mounts_;
  CgroupHost host_;
};

std::string read_proc(const char* path) {
  auto text = read_small_file(AT_FDCWD, path);
  if (!text) fail(Kind::unsupported, "cannot open '{}': is /proc mounted?", path);
  return *std::move(text);
}

}  // namespace

CgroupHost detect_cgroups(const CgroupFacts& facts) {
  return Detection(facts).run();
}

CgroupHost detect_cgroups() {
  return detect_cgroups(read_proc("/proc/self/mountinfo"));
}

CgroupHost detect_cgroups(std::string mountinfo) {
  utsname names{};
  sys::check(uname(&names), "cannot get the kernel version");
  CgroupFacts facts{.cgroup = read_proc("/proc/self/cgroup"),
                    .mountinfo = std::move(mountinfo),
                    .release = names.release,
                    .systemd = allowed("/run/systemd/system", F_OK),
                    .uid = geteuid()};
  return detect_cgroups(facts);
}

}  // namespace fn::sandbox
