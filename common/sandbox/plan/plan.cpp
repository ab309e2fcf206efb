// SPDX-License-Identifier: Apache-2.0
// From what is wanted (Spec) and what this host has (Host) to what is to be done: a list of operations for each stage,
// and the state of every wall. The planner looks at the host and at the image, and changes nothing, so the same plan
// serves --dry-run, the checks of doctor and the start.
//
//     beside     by the first process: a network of its own, which takes as long as all mounts together
//     opening    by the command's process from here on; needs no ids: done while the maker writes the id maps
//     setup      the root, from the skeleton to pivot; the host's files are out of reach after it
//     lockdown   limits, ids, capabilities, filters, exec
//
// The order in each list is the order of the system calls, and much of it is for safety or speed, as said at the place.
// A wall must never be missing in silence: each is noted as up, as approximate, as down with a reason or as not wanted,
// and one that the spec requires and that is not up is an error (check_required).
#include "sandbox/plan/plan.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sandbox/plan/mount_check.hpp"
#include "sandbox/plan/root_view.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

constexpr unsigned oldest_kernel = 5012;  // mount_setattr(2)

struct Device {
  std::string_view name;
  unsigned major, minor;
};
constexpr std::array devices{Device{"null", 1, 3},   Device{"zero", 1, 5},    Device{"full", 1, 7},
                             Device{"random", 1, 8}, Device{"urandom", 1, 9}, Device{"tty", 5, 0}};

// A file of ours about names; nothing if there is none.
std::string host_file(const char* path) {
  return access(path, R_OK) == 0 ? sys::read_file(path, 1 * MiB) : "";
}

class Planner {
 public:
  Planner(Spec spec, const Host& host) : host_(host), view_(spec.root) { plan_.spec = std::move(spec); }

  Plan make() {
    check_host();
    check_spec();
    view_.check_places();
    namespaces();
    beside();
    opening();
    files();
    devices_and_proc();
    binds();
    // While the host's files can be seen, and late: its maker makes the groups meanwhile.
    plan_.setup.push_back({.step = Step::join_cgroups, .wall = Wall::cgroup});
    // The first process finds its groups by their names here, and pivot takes it along.
    plan_.setup.push_back({.step = Step::join_first, .wall = Wall::net});
    plan_.setup.push_back({.step = Step::pivot});
    limits();
    lockdown();
    insist_on_required(plan_);
    if (!plan_.spec.idle) plan_.programs = program_paths(plan_.spec);
    check_required(plan_.walls, plan_.spec.require);
    return std::move(plan_);
  }

 private:
  void check_host() const;
  void check_spec() const;
  void namespaces();
  void beside();
  void opening();
  void files();
  void names();
  void devices_and_proc();
  void binds();
  void limits();
  void lockdown();

  void note(Wall wall, WallState::Level level = WallState::Level::up, std::string reason = {}) {
    plan_.walls.push_back({wall, level, std::move(reason)});
  }
  void directory(std::string path, std::uint64_t mode = 0755) {
    plan_.setup.push_back({.step = Step::make_directory, .target = std::move(path), .number = mode});
  }
  void device(const Device& device);
  void place_for(const std::string& inside, bool is_directory, std::string_view what);
  void limit(Wall wall, bool wanted, bool possible, const std::string& reason, bool approximate);
  void bound_root();
  std::string scratch_place() const;

  const Host& host_;
  const RootView view_;
  Plan plan_;
  std::vector<std::string> made_;  // directories of the skeleton
};

void Planner::check_host() const {
  if (host_.kernel != 0 && host_.kernel < oldest_kernel) fail(Kind::unsupported, "a sandbox needs Linux 5.12 or newer");
  if (host_.is_admin || host_.user_namespaces) return;
  fail_hint(Kind::unsupported,
            fmt::format("run as root: sysctl -w {}=... ('fnrun doctor' shows the value)", host_.user_namespaces_off),
            "this host does not let ordinary users create user namespaces: '{}' is 0", host_.user_namespaces_off);
}

void Planner::check_spec() const {
  const Spec& spec = plan_.spec;
  if (!spec.idle && spec.command.empty())
    fail_hint(Kind::usage, "give one after '--', or set the image's --entrypoint", "no command to run");
  check_memory(spec);
  if (!spec.working_dir.starts_with('/'))
    fail(Kind::usage, "working directory '{}' does not start with '/'", printable(spec.working_dir));
  check_mounts(spec, view_);
}

void Planner::namespaces() {
  plan_.namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (host_.user_namespaces) {
    plan_.namespaces |= CLONE_NEWUSER;
    if (host_.is_admin) {
      for (const IdRange& range : host_.uids) plan_.uids.push_back({range.first, range.first, range.count});
      for (const IdRange& range : host_.gids) plan_.gids.push_back({range.first, range.first, range.count});
      plan_.deny_setgroups = host_.setgroups_denied;
    } else {
      plan_.uids.push_back({plan_.spec.identity.uid, host_.uid, 1});
      plan_.gids.push_back({plan_.spec.identity.gid, host_.gid, 1});
      plan_.deny_setgroups = true;
    }
    if (plan_.deny_setgroups) plan_.spec.identity.groups.clear();
    note(Wall::user);
  } else {
    note(Wall::user, WallState::Level::down, fmt::format("'{}' is 0", host_.user_namespaces_off));
  }
  for (const Wall wall : {Wall::mount, Wall::pid, Wall::ipc, Wall::uts}) note(wall);
  if (plan_.spec.network == Network::host) {
    note(Wall::net, WallState::Level::unwanted, "the host's network was requested");
  } else {
    plan_.namespaces |= CLONE_NEWNET;
    note(Wall::net);
  }
}

void Planner::beside() {
  const Spec& spec = plan_.spec;
  if (spec.network != Network::host) plan_.beside.push_back({.step = Step::network_namespace, .wall = Wall::net});
  if (spec.network == Network::loopback)
    plan_.beside.push_back({.step = Step::loopback, .target = "lo", .wall = Wall::net});
  if (spec.listen_port) plan_.beside.push_back({.step = Step::listen, .number = *spec.listen_port, .wall = Wall::net});
  plan_.beside.push_back({.step = Step::join_cgroups, .wall = Wall::cgroup});
  plan_.beside.push_back({.step = Step::cgroup_namespace, .wall = Wall::cgroup, .optional = true});
}

// What needs no ids yet: the caller writes the id maps at the same time.
void Planner::opening() {
  const Spec& spec = plan_.spec;
  plan_.opening.push_back({.step = Step::private_mounts});
  plan_.opening.push_back({.step = Step::host_name, .source = spec.host_name, .wall = Wall::uts});
  plan_.opening.push_back({.step = Step::scratch,
                           .source = fmt::format("mode=0755,size={}", spec.scratch_bytes),
                           .target = scratch_place()});
}

// The root is made of the image's layers below a skeleton of our own. So the places that are mounted on are directories
// that we made, whatever the image has there: a link named "proc" or "dev" is hidden by the skeleton's.
void Planner::files() {
  const Spec& spec = plan_.spec;
  for (const char* name : {"root", "skel", "skel/proc", "skel/dev", "skel/tmp", "dev", "empty"}) directory(name);
  directory("dev/shm", 01777);
  directory("tmp", 01777);
  for (const GivenFile& file : spec.files) {
    directory("tmp/" + file.folder);
    plan_.setup.push_back(
        {.step = Step::make_file, .source = file.content, .target = fmt::format("tmp/{}/{}", file.folder, file.name)});
  }
  if (spec.writable) {
    directory("upper");
    directory("work");
  }
  if (spec.working_dir != "/" && !view_.has(spec.working_dir)) place_for(spec.working_dir, true, "working directory");
  for (const BindMount& mount : spec.mounts) {
    struct stat status {};
    sys::check(stat(mount.source.c_str(), &status), "cannot mount '{}'", printable(mount.source));
    if (!view_.has(mount.target)) place_for(mount.target, S_ISDIR(status.st_mode), "mount point");
  }
  if (has_mounts_below(spec.root, host_.mountinfo)) return bound_root();
  names();
  std::string lower;
  for (auto name = spec.root.layers.rbegin(); name != spec.root.layers.rend(); ++name) lower += ":" + *name;
  if (lower.empty()) lower = ":.";
  const std::string scratch = plan_.opening.back().target;
  std::string options = fmt::format("userxattr,lowerdir={}/skel{}", scratch, lower);
  if (spec.writable) options += fmt::format(",upperdir={0}/upper,workdir={0}/work", scratch);
  plan_.setup.push_back({.step = Step::overlay_root,
                         .source = std::move(options),
                         .target = spec.root.directory,
                         .number = spec.writable ? 1U : 0U});
}

// What resolvers read, as every container has it. The image's own files are those of the machine that it was built on.
void Planner::names() {
  const Spec& spec = plan_.spec;
  if (view_.obstacle("/etc")) return;
  directory("skel/etc");
  const auto file = [&](const std::string& inside, std::string content) {
    const auto is_there = [&](const BindMount& mount) { return mount.target == inside; };
    if (std::any_of(spec.mounts.begin(), spec.mounts.end(), is_there)) return;
    plan_.setup.push_back({.step = Step::make_file, .source = std::move(content), .target = "skel" + inside});
  };
  const bool is_shared = spec.network == Network::host;
  const std::string hosts = is_shared ? host_file("/etc/hosts") : "127.0.0.1\tlocalhost\n::1\tlocalhost\n";
  if (is_shared) file("/etc/resolv.conf", host_file("/etc/resolv.conf"));
  file("/etc/hosts", fmt::format("{}127.0.0.1\t{}\n", hosts, spec.host_name));
  file("/etc/hostname", spec.host_name + "\n");
}

// overlayfs takes no directory on which the host has mounts: what they cover would show.
void Planner::bound_root() {
  const Spec& spec = plan_.spec;
  if (spec.writable)
    fail(Kind::unsupported, "'{}' contains other mounts, so --writable is not possible",
         printable(spec.root.directory));
  for (const char* place : {"dev", "proc", "tmp"})
    if (!view_.has(place))
      fail_hint(Kind::usage, "create it as an empty directory",
                "'{}' contains other mounts, so the missing directory '{}' cannot be added",
                printable(spec.root.directory), place);
  plan_.setup.push_back({.step = Step::bind_root, .target = spec.root.directory});
}

void Planner::device(const Device& device) {
  plan_.setup.push_back({.step = Step::device,
                         .source = fmt::format("/dev/{}", device.name),
                         .target = fmt::format("root/dev/{}", device.name),
                         .number = makedev(device.major, device.minor),
                         .wall = Wall::dev});
}

void Planner::devices_and_proc() {
  const Spec& spec = plan_.spec;
  for (const Device& each : devices)
    plan_.setup.push_back({.step = Step::make_file, .target = fmt::format("dev/{}", each.name), .wall = Wall::dev});
  const auto link = [&](const char* target, const char* name) {
    plan_.setup.push_back({.step = Step::make_link, .source = target, .target = name, .wall = Wall::dev});
  };
  link("/proc/self/fd", "dev/fd");
  link("/proc/self/fd/0", "dev/stdin");
  link("/proc/self/fd/1", "dev/stdout");
  link("/proc/self/fd/2", "dev/stderr");
  directory("dev/pts");
  link("pts/ptmx", "dev/ptmx");
  const auto bind = [](std::string source, std::string target, Wall wall) {
    return Operation{
        .step = Step::bind_scratch, .source = std::move(source), .target = std::move(target), .wall = wall};
  };
  const auto mask = [](std::string source, std::string target) {
    return Operation{.step = Step::bind_scratch,
                     .source = std::move(source),
                     .target = std::move(target),
                     .number = 1,
                     .wall = Wall::proc};
  };
  // The directory before what is mounted in it: to copy a mount is cheaper than to copy a tree of them.
  plan_.setup.push_back(bind("dev", "root/dev", Wall::dev));
  for (const Device& each : devices) device(each);
  plan_.setup.push_back(bind("tmp", "root/tmp", Wall::mount));
  plan_.setup.push_back({.step = Step::terminals, .target = "root/dev/pts", .wall = Wall::dev});
  if (spec.terminal) plan_.setup.push_back({.step = Step::open_terminal, .target = "root/dev/pts", .wall = Wall::dev});
  note(Wall::dev);

  plan_.setup.push_back({.step = Step::proc,
                         .target = "root/proc",
                         .number = is_required(spec, Wall::proc) ? 1U : 0U,
                         .wall = Wall::proc});
  for (const ProcSecret& secret : host_.proc_secrets)  // the node is read-only already
    plan_.setup.push_back(secret.is_directory ? mask("empty", "root/proc/" + secret.name)
                                              : bind("root/dev/null", "root/proc/" + secret.name, Wall::proc));
  note(Wall::proc);
  plan_.proc_substitute.push_back({.step = Step::make_directory, .target = "proc", .number = 0755, .wall = Wall::proc});
  for (const char* name : {"cpuinfo", "meminfo", "stat", "uptime", "loadavg", "version", "filesystems"}) {
    plan_.proc_substitute.push_back(
        {.step = Step::make_file, .target = fmt::format("proc/{}", name), .wall = Wall::proc});
    plan_.proc_substitute.push_back(mask(fmt::format("/proc/{}", name), fmt::format("proc/{}", name)));
  }
  plan_.proc_substitute.push_back(mask("proc", "root/proc"));
}

void Planner::binds() {
  for (const BindMount& mount : plan_.spec.mounts)
    plan_.setup.push_back(
        {.step = Step::bind_host, .source = mount.source, .target = mount.target, .number = mount.read_only ? 1U : 0U});
}

void Planner::limit(Wall wall, bool wanted, bool possible, const std::string& reason, bool approximate) {
  if (!wanted) return note(wall, WallState::Level::unwanted, "no limit was requested");
  if (possible) return note(wall);
  note(wall, approximate ? WallState::Level::approximate : WallState::Level::down, reason);
}

void Planner::limits() {
  const Spec& spec = plan_.spec;
  plan_.cgroups = host_.cgroups;
  plan_.landlock_abi = host_.landlock_abi;
  const CgroupHost& cgroups = host_.cgroups;
  limit(Wall::memory, spec.limits.memory.has_value(), bool(cgroups.memory), cgroups.memory.reason, true);
  limit(Wall::cpus, spec.limits.cpus.has_value(), bool(cgroups.cpu), cgroups.cpu.reason, false);
  limit(Wall::pids, spec.limits.pids.has_value(), bool(cgroups.pids), cgroups.pids.reason, true);
  note(Wall::cgroup);
}

void Planner::lockdown() {
  const Spec& spec = plan_.spec;
  const auto rlimit = [&](int resource, const char* name, std::uint64_t value) {
    plan_.lockdown.push_back({.step = Step::rlimit,
                              .source = std::to_string(value),
                              .target = name,
                              .number = static_cast<std::uint64_t>(resource),
                              .wall = Wall::rlimits});
  };
  plan_.lockdown.push_back({.step = Step::time_namespace, .wall = Wall::time, .optional = true});
  plan_.lockdown.push_back({.step = Step::session});
  plan_.lockdown.push_back({.step = Step::streams});
  rlimit(RLIMIT_NOFILE, "open files", spec.open_files);
  rlimit(RLIMIT_CORE, "core bytes", 0);
  if (spec.limits.pids && !host_.cgroups.pids) rlimit(RLIMIT_NPROC, "processes", *spec.limits.pids);
  note(Wall::rlimits);
  note(Wall::time);
  plan_.lockdown.push_back({.step = Step::bounding_set, .wall = Wall::capabilities});
  // From here on in the new root, which is built meanwhile.
  plan_.lockdown.push_back({.step = Step::working_dir, .source = spec.working_dir});
  plan_.lockdown.push_back({.step = Step::identity, .wall = Wall::capabilities});
  plan_.lockdown.push_back({.step = Step::capabilities, .wall = Wall::capabilities});
  note(Wall::capabilities);
  plan_.lockdown.push_back({.step = Step::no_new_privileges, .wall = Wall::privileges});
  note(Wall::privileges);
  if (!spec.landlock) {
    note(Wall::landlock, WallState::Level::unwanted, "disabled by request");
  } else if (host_.landlock_abi == 0) {
    note(Wall::landlock, WallState::Level::down, "this kernel lacks landlock");
  } else {
    plan_.lockdown.push_back({.step = Step::landlock, .wall = Wall::landlock});
    note(Wall::landlock);
  }
  if (spec.filter.empty()) {
    note(Wall::seccomp, WallState::Level::unwanted, "disabled by request");
  } else {
    plan_.lockdown.push_back({.step = Step::seccomp, .number = spec.filter.size(), .wall = Wall::seccomp});
    note(Wall::seccomp);
  }
  if (!spec.idle) plan_.lockdown.push_back({.step = Step::execute, .source = spec.command.front()});
}

// A directory of the host on which nothing that we need lies; ours covers it, for us alone.
std::string Planner::scratch_place() const {
  const Spec& spec = plan_.spec;
  for (const char* place : {"/mnt", "/media", "/srv", "/opt", "/tmp", "/var/tmp", "/home"}) {
    const std::string inside = std::string(place) + "/";
    const auto needs = [&](const std::string& path) { return path == place || path.starts_with(inside); };
    if (needs(spec.root.directory)) continue;
    if (std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const BindMount& m) { return needs(m.source); }))
      continue;
    struct stat status {};
    if (lstat(place, &status) == 0 && S_ISDIR(status.st_mode)) return place;
  }
  fail(Kind::unsupported, "none of /mnt, /media, /srv, /opt and /tmp can be used as a mount point");
}

void Planner::place_for(const std::string& inside, bool is_directory, std::string_view what) {
  view_.refuse_links_above(inside, what);
  for (std::size_t slash = inside.find('/', 1); slash != std::string::npos; slash = inside.find('/', slash + 1)) {
    const std::string above = "skel" + inside.substr(0, slash);
    if (std::find(made_.begin(), made_.end(), above) != made_.end()) continue;
    directory(above);
    made_.push_back(above);
  }
  if (is_directory)
    directory("skel" + inside);
  else
    plan_.setup.push_back({.step = Step::make_file, .target = "skel" + inside});
}

}  // namespace

Plan make_plan(Spec spec, const Host& host) {
  return Planner(std::move(spec), host).make();
}

}  // namespace fn::sandbox
