// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "forked.hpp"
#include "sandbox/cgroup/cgroup.hpp"
#include "sandbox/cgroup/cgroup_sweep.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace fn;
using namespace fn::sandbox;
using namespace std::chrono_literals;

namespace {

void skip_sweep(const std::string& reason) {
  MESSAGE("left out: " << reason);
}

bool group_exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

// The name that a process had which is gone by now.
std::string name_of_the_dead(std::string_view tail) {
  Forked owner([] { return pause(); });
  return cgroup_name(tail, owner.pid());
}

// `name` with another number in the field `index`, counted from 0 behind "fn-".
std::string with_field(const std::string& name, std::size_t index, const std::string& value) {
  std::size_t at = 3;
  for (; index > 0; --index) at = name.find('-', at) + 1;
  return name.substr(0, at) + value + name.substr(name.find('-', at));
}

// Like a hierarchy with version 1 of the kernel's files, and a directory for each name.
class SweptTree {
 public:
  explicit SweptTree(std::initializer_list<std::string> names) {
    for (const std::string& name : names) std::filesystem::create_directory(scratch.path(name));
    host.pids = {.version = 1, .directory = scratch.path()};
  }
  Scratch scratch;
  CgroupHost host;
};

}  // namespace

TEST_CASE("a name carries its owner") {
  const std::string name = cgroup_name("x.1-y");
  CHECK(name.starts_with(fmt::format("fn-{}-", getpid())));
  CHECK(name.ends_with("-x.1-y"));
  CHECK(name == cgroup_name("x.1-y", getpid()));
  CHECK(error_of([] { cgroup_name("x", 2147483647); }) == "not_found: process 2147483647 does not exist");
}

TEST_CASE("a sweep takes the groups of the dead, and no others") {
  const std::string mine = cgroup_name("a");
  const std::string dead = name_of_the_dead("b");
  const std::string reused = with_field(mine, 1, "1");     // our number, but of a process that started earlier
  const std::string foreign = with_field(dead, 2, "1.2");  // counted in other namespaces
  const std::string no_owner = with_field(dead, 0, "x");
  const SweptTree tree({mine, dead, reused, foreign, no_owner, "fn-1", "fn-", "other", "x" + dead});
  const SweptCgroups swept = sweep_cgroups(tree.host);
  CHECK(swept.removed == 2);
  CHECK(swept.killed == 0);
  CHECK(swept.left == 0);
  CHECK(group_exists(tree.scratch.path(mine)));
  CHECK_FALSE(group_exists(tree.scratch.path(dead)));
  CHECK_FALSE(group_exists(tree.scratch.path(reused)));
  for (const std::string& name :
       {foreign, no_owner, std::string("fn-1"), std::string("fn-"), std::string("other"), "x" + dead})
    CHECK(group_exists(tree.scratch.path(name)));
}

TEST_CASE("what can't be removed is counted, and ends no sweep") {
  const std::string first = name_of_the_dead("a");
  const std::string second = name_of_the_dead("b");
  const SweptTree tree({first, second});
  tree.scratch.write(first + "/file", "");
  const SweptCgroups swept = sweep_cgroups(tree.host);
  CHECK(swept.removed == 1);
  CHECK(swept.left == 1);
}

TEST_CASE("real groups of a dead owner are emptied and removed, in all hierarchies; those of the living stay") {
  const CgroupHost host = detect_cgroups();
  if (!host.memory || !host.pids || !host.freezer) return skip_sweep("this host does not have all controllers");
  const CgroupLimits limits{.memory = 64 * MiB, .pids = 10, .freezer = true};
  Cgroup orphan = Cgroup::make(host, name_of_the_dead("orphan"), limits);
  const Cgroup kept = Cgroup::make(host, cgroup_name("kept"), limits);
  Forked lost([] { return pause(); });
  Forked living([] { return pause(); });
  REQUIRE(attach(orphan.paths(), lost.pid()));
  REQUIRE(attach(kept.paths(), living.pid()));
  CHECK(orphan.freeze());
  const auto reaping = [&] { return lost.wait(); };
  int end = 0;
  std::thread reaper([&] { end = reaping(); });
  const SweptCgroups swept = sweep_cgroups(host);
  reaper.join();
  CHECK(end == 256 + SIGKILL);
  CHECK(swept.removed >= orphan.paths().size());
  CHECK(swept.killed >= 1);
  for (const std::string& path : orphan.paths()) CHECK_FALSE(group_exists(path));
  for (const std::string& path : kept.paths()) CHECK(group_exists(path));
  CHECK(kill(living.pid(), 0) == 0);
}

TEST_CASE("version 1 has no cgroup.kill: its processes are killed one by one, frozen ones too") {
  CgroupFacts facts{.cgroup = sys::read_file("/proc/self/cgroup", MiB),
                    .mountinfo = sys::read_file("/proc/self/mountinfo", MiB),
                    .release = "5.1"};  // too old for freezing by version 2
  CgroupHost host = detect_cgroups(facts);
  if (host.freezer.version != 1) return skip_sweep("this host has no freezer of version 1");
  host.track = {};
  const Cgroup orphan = Cgroup::make(host, name_of_the_dead("v1"), {.freezer = true});
  Forked lost([] { return pause(); });
  Forked also([] { return pause(); });
  REQUIRE(attach(orphan.paths(), lost.pid()));
  REQUIRE(attach(orphan.paths(), also.pid()));
  CHECK(orphan.freeze());
  std::uint64_t killed = 0;
  const auto group = CgroupDir::open(orphan.paths()[0], 1);
  REQUIRE(group);
  CHECK(kill_group(*group, 2s, killed));
  CHECK(killed == 2);
  CHECK(lost.wait() == 256 + SIGKILL);
  CHECK(also.wait() == 256 + SIGKILL);
}
