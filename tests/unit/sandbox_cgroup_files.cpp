// SPDX-License-Identifier: Apache-2.0
// What is written to the files of a group and read from them, on plain files: so for both versions on any host.
#include "error_of.hpp"
#include "sandbox/cgroup/cgroup.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::sandbox;
using namespace std::chrono_literals;

namespace {

class Group {
 public:
  Group(int version, std::initializer_list<const char*> files) {
    std::filesystem::create_directory(scratch.path("g"));
    for (const char* file : files) scratch.write(std::string("g/") + file, "");
    dir = CgroupDir::open(scratch.path("g"), version);
  }
  std::string operator[](const std::string& file) const { return scratch.read("g/" + file); }
  void put(const std::string& file, std::string_view text) const { scratch.write("g/" + file, text); }
  const CgroupDir& operator*() const { return *dir; }

  Scratch scratch;
  std::optional<CgroupDir> dir;
};

}  // namespace

TEST_CASE("limits of version 2") {
  const Group group(2, {"memory.max", "memory.swap.max", "cpu.max", "pids.max"});
  limit_memory(*group, 64 * MiB);
  CHECK(group["memory.max"] == "67108864");
  CHECK(group["memory.swap.max"] == "0");
  limit_cpu(*group, 0.5);
  CHECK(group["cpu.max"] == "50000 100000");
  limit_pids(*group, 32);
  CHECK(group["pids.max"] == "32");
}

TEST_CASE("limits of version 1") {
  const Group group(1,
                    {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cpu.cfs_quota_us", "cpu.cfs_period_us"});
  limit_memory(*group, 64 * MiB);
  CHECK(group["memory.limit_in_bytes"] == "67108864");
  CHECK(group["memory.memsw.limit_in_bytes"] == "67108864");
  limit_cpu(*group, 2.25);
  CHECK(group["cpu.cfs_quota_us"] == "225000");
  CHECK(group["cpu.cfs_period_us"].empty());  // its usual one
}

TEST_CASE("a kernel that does not count swap has no file for it; every other file must be there") {
  const Group v1(1, {"memory.limit_in_bytes"});
  limit_memory(*v1, MiB);
  CHECK(v1["memory.limit_in_bytes"] == "1048576");
  const Group v2(2, {"memory.max"});
  limit_memory(*v2, MiB);
  CHECK(error_of([&] { limit_pids(*v2, 1); }) ==
        "unsupported: group '" + v2.scratch.path("g") + "' has no file 'pids.max'");
}

TEST_CASE("small shares of a CPU get the long period; senseless ones are refused") {
  const Group group(1, {"cpu.cfs_quota_us", "cpu.cfs_period_us"});
  limit_cpu(*group, 0.002);
  CHECK(group["cpu.cfs_quota_us"] == "2000");
  CHECK(group["cpu.cfs_period_us"] == "1000000");
  for (const double cpus : {0.0, -1.0, 0.0001, 1e9, std::numeric_limits<double>::quiet_NaN()})
    CHECK(error_of([&] { limit_cpu(*group, cpus); }).starts_with("usage: cannot limit the CPU to "));
}

TEST_CASE("measures of version 2") {
  const Group group(2, {});
  CHECK_FALSE(memory_peak(*group));
  CHECK_FALSE(oom_kills(*group));
  CHECK_FALSE(cpu_time(*group));
  group.put("memory.current", "4096\n");
  group.put("memory.peak", "8192\n");
  group.put("memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n");
  group.put("cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n");
  CHECK(memory_usage(*group) == 4096);
  CHECK(memory_peak(*group) == 8192);
  CHECK(oom_kills(*group) == 2);
  CHECK(cpu_time(*group) == 1500us);
}

TEST_CASE("measures of version 1") {
  const Group group(1, {});
  group.put("memory.usage_in_bytes", "4096\n");
  group.put("memory.max_usage_in_bytes", "8192\n");
  group.put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
  group.put("cpuacct.usage", "1500999\n");
  CHECK(memory_usage(*group) == 4096);
  CHECK(memory_peak(*group) == 8192);
  CHECK(oom_kills(*group) == 5);
  CHECK(cpu_time(*group) == 1500us);
  group.put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");  // before 4.13
  CHECK_FALSE(oom_kills(*group));
}

TEST_CASE("numbers stand behind their whole key") {
  CHECK(number_of("oom_kill_disable 7\nunder_oom_kill 8\noom_kill 9", "oom_kill") == 9);
  CHECK(number_of("frozen 1\n", "frozen") == 1);
  CHECK_FALSE(number_of("frozen\n1", "frozen"));
  CHECK_FALSE(number_of("frozen x\n", "frozen"));
  CHECK_FALSE(number_of("", "frozen"));
}

TEST_CASE("freezing waits for the kernel's word, and is undone if that does not come") {
  const Group group(2, {"cgroup.freeze"});
  group.put("cgroup.events", "populated 1\nfrozen 1\n");
  CHECK(freeze_group(*group, 1s));
  CHECK(group["cgroup.freeze"] == "1");
  CHECK(error_of([&] { thaw_group(*group, 20ms); }) ==
        "timeout: timed out waiting for group '" + group.scratch.path("g") + "' to be running");
  group.put("cgroup.events", "populated 1\nfrozen 0\n");
  CHECK(error_of([&] { freeze_group(*group, 20ms); }) ==
        "timeout: timed out waiting for group '" + group.scratch.path("g") + "' to be frozen");
  CHECK(group["cgroup.freeze"] == "0");
  const Group without(2, {});
  CHECK_FALSE(freeze_group(*without, 1s));
  const Group v1(1, {"freezer.state"});
  CHECK(freeze_group(*v1, 1s));
  CHECK(v1["freezer.state"] == "FROZEN");
}

TEST_CASE("controllers are enabled above before a group is made, those that are asked for and are not") {
  const Group group(2, {"cgroup.subtree_control"});
  const std::string directory = group.scratch.path("g");
  CgroupHost host;
  host.memory = {.version = 2, .directory = directory, .enable = true};
  host.cpu = host.memory;
  host.pids = {.version = 2, .directory = directory};
  // A plain directory gets no files, so that nothing more than this can be done.
  CHECK(error_of([&] { Cgroup::make(host, "fn-x", {.memory = MiB, .pids = 3}); }) ==
        "unsupported: group '" + directory + "/fn-x' has no file 'memory.max'");
  CHECK(group["cgroup.subtree_control"] == "+memory");
  CHECK_FALSE(std::filesystem::exists(directory + "/fn-x"));
  CHECK(error_of([&] { Cgroup::make(host, "fn-x", {.memory = MiB, .cpus = 1.0}); }).starts_with("unsupported: "));
  CHECK(group["cgroup.subtree_control"] == "+memory +cpu");
}

TEST_CASE("what a host has no place for is refused with its reason and remedy") {
  CgroupHost host;
  host.pids = {.reason = "because", .remedy = "do this"};
  CHECK(error_of([&] { Cgroup::make(host, "fn-x", {.pids = 3}); }) ==
        "unsupported: cannot limit the number of processes: because (do this)");
  CHECK(Cgroup::make(host, "fn-x", {}).paths().empty());
  for (const char* name : {"", ".", "..", "a/b"})
    CHECK(error_of([&] { Cgroup::make(host, name, {}); }).starts_with("usage: "));
}
