// SPDX-License-Identifier: Apache-2.0
// Groups of this host's kernel. Each case leaves out what the host or a missing permission does not allow.
#include "error_of.hpp"
#include "forked.hpp"
#include "sandbox/cgroup/cgroup.hpp"
#include "sys/file.hpp"

#include <array>
#include <atomic>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>

using namespace fn;
using namespace fn::sandbox;
using namespace std::chrono_literals;

namespace {

void skip(const std::string& reason) {
  MESSAGE("left out: " << reason);
}

// A name that is nobody's, not even a sweep's.
std::string test_name(std::string_view what) {
  return fmt::format("unit-{}-{}", what, getpid());
}

// By the system call and uninstrumented: ASan would touch its shadow of the pages too, an eighth more.
__attribute__((no_sanitize("address"))) void touch(Bytes bytes) {
  const long pages = syscall(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (Bytes at = 0; at < bytes; at += 4096) reinterpret_cast<volatile char*>(pages)[at] = 1;
}

// Numbers that a child counts up and its parent sees.
class Counter {
 public:
  Counter()
      : value_(static_cast<std::atomic<std::uint64_t>*>(
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~Counter() { munmap(value_, 4096); }
  Counter(Counter&&) = delete;
  Counter& operator=(Counter&&) = delete;

  [[noreturn]] void count() const {
    while (true) ++*value_;
  }
  std::uint64_t value() const { return *value_; }
  bool moves() const {
    const std::uint64_t before = value();
    for (int i = 0; i < 200 && value() == before; ++i) std::this_thread::sleep_for(5ms);
    return value() != before;
  }
  bool rests() const {
    const std::uint64_t before = value();
    std::this_thread::sleep_for(50ms);
    return value() == before;
  }

 private:
  std::atomic<std::uint64_t>* value_;
};

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

void check_freezing(const Cgroup& group) {
  const Counter counter;
  const Forked child([&] {
    if (join(group.paths())) counter.count();
    return 1;
  });
  CHECK(counter.moves());
  CHECK(group.freeze());
  CHECK(counter.rests());
  CHECK(group.thaw());
  CHECK(counter.moves());
}

}  // namespace

TEST_CASE("a memory limit kills, and is counted") {
  const CgroupHost host = detect_cgroups();
  if (!host.memory) return skip(host.memory.reason);
  Cgroup group = Cgroup::make(host, test_name("oom"), {.memory = 32 * MiB});
  const auto procs = group.paths();
  Forked child([&] {
    if (!join(procs)) return 1;
    touch(100 * MiB);
    return 0;
  });
  CHECK(child.wait() == 256 + SIGKILL);
  CHECK(group.oom_kills() == 1);
  const auto peak = group.memory_peak();
  if (peak) CHECK(*peak <= 32 * MiB);
  if (peak) CHECK(*peak >= 31 * MiB);
  CHECK(group.remove(2s));
}

TEST_CASE("the peak is what was touched, within 1 MiB, and a quiet group had no kill") {
  const CgroupHost host = detect_cgroups();
  if (!host.memory) return skip(host.memory.reason);
  for (const Bytes size : {10 * MiB, 100 * MiB}) {
    Cgroup group = Cgroup::make(host, test_name("peak"), {.memory = 256 * MiB});
    const auto procs = group.paths();
    Forked child([&] {
      if (!join(procs)) return 1;
      touch(size);
      return 0;
    });
    CHECK(child.wait() == 0);
    CHECK(group.oom_kills() == 0);
    const auto peak = group.memory_peak();
    if (!peak) return skip("this kernel does not tell the peak");
    MESSAGE("touched " << size << ", peak " << *peak);
    CHECK(*peak >= size);
    CHECK(*peak <= size + MiB);
    CHECK(group.memory_usage().value_or(size) < size);
    CHECK(group.remove(2s));
  }
}

TEST_CASE("a pids limit refuses the next process") {
  const CgroupHost host = detect_cgroups();
  if (!host.pids) return skip(host.pids.reason);
  const Cgroup group = Cgroup::make(host, test_name("pids"), {.pids = 3});
  const auto procs = group.paths();
  Forked child([&] {
    if (!join(procs)) return 100;
    std::vector<pid_t> made;
    for (pid_t pid = 0; made.size() < 10 && (pid = fork()) >= 0; made.push_back(pid))
      if (pid == 0) _exit(pause());
    for (const pid_t pid : made) kill(pid, SIGKILL);
    for (const pid_t pid : made) waitpid(pid, nullptr, 0);
    return int(made.size());
  });
  CHECK(child.wait() == 2);
}

TEST_CASE("a CPU limit slows down") {
  const CgroupHost host = detect_cgroups();
  if (!host.cpu) return skip(host.cpu.reason);
  const Cgroup group = Cgroup::make(host, test_name("cpu"), {.cpus = 0.1, .track = bool(host.track)});
  const auto procs = group.paths();
  const Counter counter;
  {
    const Forked child([&] {
      if (join(procs)) counter.count();
      return 1;
    });
    CHECK(counter.moves());
    std::this_thread::sleep_for(600ms);
  }
  const auto used = group.cpu_time();
  if (!used) return skip("this host does not tell the CPU time");
  MESSAGE("CPU time of 0.6 s at 0.1 CPUs: " << used->count() << " us");
  CHECK(*used >= 20ms);
  CHECK(*used <= 200ms);
}

TEST_CASE("version 1 refuses more CPU than the group above has: that limit holds already") {
  const CgroupHost host = detect_cgroups();
  if (host.cpu.version != 1) return skip("the CPU controller is not in version 1");
  const Cgroup above = Cgroup::make(host, test_name("above"), {.cpus = 0.5});
  CgroupHost inner;
  inner.cpu = {.version = 1, .directory = above.paths()[0]};
  CHECK(error_of([&] { Cgroup::make(inner, "inner", {.cpus = 2.0}); }) == "nothing");
  CHECK(error_of([&] { Cgroup::make(inner, "inner", {.cpus = 0.25}); }) == "nothing");
  CHECK_FALSE(exists(above.paths()[0] + "/inner"));
}

TEST_CASE("freeze and thaw by whatever version") {
  const CgroupHost host = detect_cgroups();
  if (!host.freezer) return skip(host.freezer.reason);
  check_freezing(Cgroup::make(host, test_name("freeze"), {.freezer = true}));
}

TEST_CASE("freeze and thaw by version 1") {
  CgroupFacts facts{.cgroup = sys::read_file("/proc/self/cgroup", MiB),
                    .mountinfo = sys::read_file("/proc/self/mountinfo", MiB),
                    .release = "5.1"};  // too old for version 2
  const CgroupHost host = detect_cgroups(facts);
  if (!host.freezer) return skip(host.freezer.reason);
  check_freezing(Cgroup::make(host, test_name("freeze1"), {.freezer = true}));
}

TEST_CASE("a group without a freezer says so") {
  const CgroupHost host = detect_cgroups();
  if (!host.pids) return skip(host.pids.reason);
  const Cgroup group = Cgroup::make(host, test_name("plain"), {.pids = 3});
  CHECK_FALSE(group.freeze());
  CHECK_FALSE(group.thaw());
  CHECK_FALSE(group.memory_peak());
  CHECK_FALSE(group.oom_kills());
}

TEST_CASE("kill ends all processes of the group, frozen ones too") {
  const CgroupHost host = detect_cgroups();
  if (!host.kill || !host.freezer) return skip("this host has no cgroup.kill");
  Cgroup group = Cgroup::make(host, test_name("kill"), {.freezer = true, .track = true});
  CHECK(group.v2_fd() >= 0);
  CHECK(group.paths().size() == 1);
  const Counter counter;
  const auto procs = group.paths();
  Forked first([&] { return join(procs) ? (counter.count(), 0) : 1; });
  Forked second([&] { return pause(); });
  REQUIRE(attach(group.paths(), second.pid()));
  CHECK(counter.moves());
  CHECK(group.freeze());
  CHECK_FALSE(group.remove(0ms));
  CHECK(group.kill());
  CHECK(first.wait() == 256 + SIGKILL);
  CHECK(second.wait() == 256 + SIGKILL);
  CHECK(group.remove(2s));
  CHECK(group.remove(0ms));  // again
  CHECK_FALSE(exists(group.paths()[0]));
}

TEST_CASE("a child can be born in the group of version 2") {
  const CgroupHost host = detect_cgroups();
  if (!host.track) return skip(host.track.reason);
  Cgroup group = Cgroup::make(host, test_name("born"), {.track = true});
  clone_args args{};
  args.flags = CLONE_INTO_CGROUP;
  args.exit_signal = SIGCHLD;
  args.cgroup = std::uint64_t(group.v2_fd());
  const long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) _exit(pause());
  if (pid < 0) return skip("this kernel has no CLONE_INTO_CGROUP");
  CHECK(sys::read_file(group.paths()[0] + "/cgroup.procs", MiB) == fmt::format("{}\n", pid));
  kill(pid_t(pid), SIGKILL);
  waitpid(pid_t(pid), nullptr, 0);
  CHECK(group.remove(2s));
}

TEST_CASE("a process can be in all directories; none is left after the group") {
  const CgroupHost host = detect_cgroups();
  if (!host.memory || !host.cpu || !host.pids || !host.track) return skip("this host does not have all controllers");
  const CgroupLimits all{.memory = 64 * MiB, .cpus = 1.0, .pids = 10, .freezer = true, .track = true};
  std::vector<std::string> paths;
  {
    const Cgroup group = Cgroup::make(host, test_name("all"), all);
    paths = group.paths();
    CHECK(error_of([&] { Cgroup::make(host, test_name("all"), all); }).starts_with("busy: "));
    Forked child([&] { return pause(); });
    REQUIRE(attach(group.paths(), child.pid()));
    for (const std::string& path : paths)
      CHECK(sys::read_file(path + "/cgroup.procs", MiB) == fmt::format("{}\n", child.pid()));
  }
  for (const std::string& path : paths) CHECK_FALSE(exists(path));
}

TEST_CASE("a group that fails half-way leaves nothing; one that is released stays") {
  const CgroupHost host = detect_cgroups();
  if (!host.memory || !host.cpu) return skip("this host does not have all controllers");
  const std::string name = test_name("half");
  CHECK(error_of([&] { Cgroup::make(host, name, {.memory = MiB, .cpus = -1.0}); }).starts_with("usage: "));
  CHECK_FALSE(exists(host.memory.directory + '/' + name));
  CHECK_FALSE(exists(host.cpu.directory + '/' + name));

  std::string path;
  {
    Cgroup group = Cgroup::make(host, name, {.cpus = 1.0});
    Cgroup moved = std::move(group);
    path = moved.paths()[0];
    moved.release();
  }
  CHECK(exists(path));
  CHECK(rmdir(path.c_str()) == 0);
}

namespace {

constexpr uid_t nobody = 65534;

// A group that belongs to an ordinary user, as an administrator would make it, and a process of that user in it.
class Delegated {
 public:
  explicit Delegated(const CgroupPlace& place) : path(place.directory + '/' + test_name("delegated")) {
    sys::check(mkdir(path.c_str(), 0755), "mkdir");
    sys::check(chown(path.c_str(), nobody, nobody), "chown");
    if (place.version == 2) sys::check(chown((path + "/cgroup.procs").c_str(), nobody, nobody), "chown");
    procs = sys::open_file(path + "/cgroup.procs", O_WRONLY);
  }
  Delegated(Delegated&&) = delete;
  Delegated& operator=(Delegated&&) = delete;
  ~Delegated() { rmdir(path.c_str()); }

  std::string path;
  sys::Fd procs;
};

bool become_nobody() {
  return setgroups(0, nullptr) == 0 && setresgid(nobody, nobody, nobody) == 0 && setresuid(nobody, nobody, nobody) == 0;
}

// The number of the first thing that is not as it should be.
int use_as_nobody(const Delegated& v1, const Delegated& v2) {
  if (write(v1.procs.get(), "0", 1) != 1 || write(v2.procs.get(), "0", 1) != 1 || !become_nobody()) return 1;
  const CgroupHost host = detect_cgroups();
  if (host.memory.directory != v1.path || host.track.directory != v2.path) return 2;
  if (host.pids || !host.pids.reason.starts_with("no permission to create groups in '")) return 3;
  if (!host.pids.remedy.starts_with("sudo sh -c \"mkdir -p ")) return 4;
  Cgroup group = Cgroup::make(host, "fn-x", {.memory = 64 * MiB, .freezer = true, .track = true});
  Forked child([&] {
    if (!join(group.paths())) return 1;
    touch(10 * MiB);
    return pause();
  });
  for (int i = 0; i < 400 && group.memory_peak().value_or(0) < 10 * MiB; ++i) std::this_thread::sleep_for(5ms);
  if (group.memory_peak().value_or(0) < 10 * MiB) return 5;
  if (!group.freeze() || !group.thaw()) return 6;
  if (!group.kill() || child.wait() != 256 + SIGKILL) return 7;
  return group.remove(2s) ? 0 : 8;
}

}  // namespace

TEST_CASE("an ordinary user with groups of his own") {
  const CgroupHost host = detect_cgroups();
  if (getuid() != 0 || host.memory.version != 1 || host.pids.version != 1 || !host.kill)
    return skip("needs root, version 1 with memory and pids, and version 2 with cgroup.kill");
  const Delegated v1(host.memory);
  const Delegated v2(host.track);
  Forked child([&] { return use_as_nobody(v1, v2); });
  CHECK(child.wait() == 0);
}
