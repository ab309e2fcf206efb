// SPDX-License-Identifier: Apache-2.0
#include "sandbox/cgroup/cgroup_host.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace fn;
using namespace fn::sandbox;

namespace {

// A tree of plain files that looks like /sys/fs/cgroup, and the texts that go with it.
class Tree {
 public:
  // A group of version 1.
  void v1(const std::string& path) { scratch.write(path + "/cgroup.procs", ""); }
  // A group of version 2; the root of the hierarchy has no cgroup.type.
  void v2(const std::string& path, std::string_view controllers, std::string_view enabled, std::string_view procs = "",
          bool is_root = false) {
    scratch.write(path + "/cgroup.procs", procs);
    scratch.write(path + "/cgroup.controllers", controllers);
    scratch.write(path + "/cgroup.subtree_control", enabled);
    if (!is_root) scratch.write(path + "/cgroup.type", "domain\n");
  }
  void mounted_v1(const std::string& controllers, const std::string& point, const std::string& root = "/",
                  const std::string& options = "rw") {
    facts.mountinfo += fmt::format("33 31 0:29 {} /{} {},relatime shared:9 - cgroup cgroup rw,{}\n", root, point,
                                   options, controllers);
  }
  void mounted_v2(const std::string& point, const std::string& root = "/", const std::string& options = "rw") {
    facts.mountinfo +=
        fmt::format("41 31 0:38 {} /{} {},relatime - cgroup2 cgroup2 rw,nsdelegate\n", root, point, options);
  }
  CgroupHost detect() {
    facts.prefix = scratch.path();
    return detect_cgroups(facts);
  }
  std::string under(const std::string& directory) const {
    return directory.starts_with(scratch.path()) ? directory.substr(scratch.path().size() + 1)
                                                 : "elsewhere: " + directory;
  }

  Scratch scratch;
  CgroupFacts facts{.cgroup = "", .mountinfo = "", .release = "6.1.0-18-amd64"};
};

}  // namespace

TEST_CASE("lines of /proc/self/cgroup are read, and others are left out") {
  const auto members = parse_cgroup_members(
      "12:cpu,cpuacct:/user.slice\n1:name=systemd:/a:b\n0::/user.slice/x\nnonsense\n4:memory:\n:\n5:pids:/");
  REQUIRE(members.size() == 4);
  CHECK(members[0].controllers == std::vector<std::string_view>{"cpu", "cpuacct"});
  CHECK(members[0].path == "/user.slice");
  CHECK(members[1].controllers == std::vector<std::string_view>{"name=systemd"});
  CHECK(members[1].path == "/a:b");
  CHECK(members[2].controllers.empty());
  CHECK(members[2].path == "/user.slice/x");
  CHECK(members[3].path == "/");
  CHECK(parse_cgroup_members("").empty());
}

TEST_CASE("mounts of cgroups are found among others, unescaped") {
  const auto mounts = parse_cgroup_mounts(
      "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
      "33 31 0:29 /docker/ab /sys/fs/my\\040cgroup/cpu,cpuacct ro,nosuid shared:5 master:1 - cgroup cgroup "
      "rw,cpu,cpuacct\n"
      "34 31 0:30 / /mnt/ - cgroup rw - cgroupish x rw\n"
      "35 31 0:31 / /short - cgroup2\n"
      "41 31 0:38 /.. /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 ro,nsdelegate");
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].version == 1);
  CHECK(mounts[0].root == "/docker/ab");
  CHECK(mounts[0].point == "/sys/fs/my cgroup/cpu,cpuacct");
  CHECK(mounts[0].read_only);
  CHECK(mounts[0].options == std::vector<std::string_view>{"rw", "cpu", "cpuacct"});
  CHECK(mounts[1].version == 2);
  CHECK(mounts[1].root == "/..");
  CHECK(mounts[1].read_only);
}

TEST_CASE("hybrid: limits from version 1, freezing and tracking from version 2") {
  Tree tree;
  tree.v1("c/memory/job/7");
  tree.v1("c/cpu,cpuacct");
  tree.v1("c/pids");
  tree.v1("c/freezer");
  tree.v2("c/unified/job", "hugetlb\n", "");
  tree.mounted_v1("memory", "c/memory");
  tree.mounted_v1("cpu,cpuacct", "c/cpu,cpuacct");
  tree.mounted_v1("pids", "c/pids");
  tree.mounted_v1("freezer", "c/freezer");
  tree.mounted_v2("c/unified");
  tree.facts.cgroup = "4:memory:/job/7\n3:cpu,cpuacct:/\n2:pids:/\n1:freezer:/\n0::/job\n";
  CgroupHost host = tree.detect();
  CHECK(host.memory.version == 1);
  CHECK(tree.under(host.memory.directory) == "c/memory/job/7");
  CHECK(host.cpu.version == 1);
  CHECK(tree.under(host.cpu.directory) == "c/cpu,cpuacct");
  CHECK(host.pids.version == 1);
  CHECK(host.track.version == 2);
  CHECK(tree.under(host.track.directory) == "c/unified/job");
  CHECK(host.freezer.version == 2);
  CHECK(host.kill);

  // Version 2 could not freeze before 5.2, nor kill before 5.14.
  tree.facts.release = "5.1.9";
  host = tree.detect();
  CHECK(host.freezer.version == 1);
  CHECK(tree.under(host.freezer.directory) == "c/freezer");
  CHECK_FALSE(host.kill);
  tree.facts.release = "5.13.0";
  CHECK_FALSE(tree.detect().kill);
  CHECK(tree.detect().freezer.version == 2);
}

TEST_CASE("version 1 alone: no tracking, and the reason") {
  Tree tree;
  tree.v1("c/memory");
  tree.mounted_v1("memory", "c/memory");
  tree.facts.cgroup = "4:memory:/\n1:freezer:/\n";
  const CgroupHost host = tree.detect();
  CHECK(host.memory.version == 1);
  CHECK_FALSE(host.track);
  CHECK(host.track.reason == "the kernel lacks cgroup version 2");
  CHECK(host.pids.reason == "the kernel lacks cgroup version 2");
  CHECK(host.freezer.reason == "the hierarchy of controller 'freezer' is not mounted");
  CHECK(host.freezer.remedy ==
        "mkdir -p /sys/fs/cgroup/freezer && mount -t cgroup -o freezer none /sys/fs/cgroup/freezer");
  CHECK_FALSE(host.kill);
}

TEST_CASE("a container sees a part of the hierarchy: paths are taken from the root of the mount") {
  Tree tree;
  tree.mounted_v1("memory", "c/memory", "/docker/ab");
  tree.v1("c/memory/inner");
  tree.facts.cgroup = "4:memory:/docker/ab/inner\n";
  CHECK(tree.under(tree.detect().memory.directory) == "c/memory/inner");
  tree.facts.cgroup = "4:memory:/docker/abc\n";  // a neighbour of a longer name
  CHECK(tree.detect().memory.reason ==
        "our group '/docker/abc' is outside the mounted part of the hierarchy of controller 'memory'");
  // The mount is older than our cgroup namespace.
  tree.facts.mountinfo.clear();
  tree.mounted_v1("memory", "c/memory", "/../..");
  tree.facts.cgroup = "4:memory:/\n";
  CHECK_FALSE(tree.detect().memory);
  // We were moved out of it.
  tree.facts.mountinfo.clear();
  tree.mounted_v1("memory", "c/memory");
  tree.facts.cgroup = "4:memory:/../inner\n";
  CHECK_FALSE(tree.detect().memory);
  // A second mount shows us.
  tree.mounted_v1("memory", "d/memory", "/..");
  tree.mounted_v1("memory", "e/memory", "/inner");
  tree.v1("e/memory");
  tree.facts.cgroup = "4:memory:/inner\n";
  tree.facts.mountinfo = tree.facts.mountinfo.substr(tree.facts.mountinfo.find('\n') + 1);
  CHECK(tree.under(tree.detect().memory.directory) == "e/memory");
}

TEST_CASE("a read-only mount is named with its remedy, and a writable one is preferred") {
  Tree tree;
  tree.v1("c/memory");
  tree.mounted_v1("memory", "c/memory", "/", "ro");
  tree.facts.cgroup = "4:memory:/\n";
  CHECK(tree.detect().memory.reason == "'/c/memory' is mounted read-only");
  CHECK(tree.detect().memory.remedy == "mount -o remount,rw /c/memory");
  tree.facts.uid = 1000;
  CHECK(tree.detect().memory.remedy == "sudo sh -c \"mount -o remount,rw /c/memory\"");
  tree.v1("d/memory");
  tree.mounted_v1("memory", "d/memory");
  CHECK(tree.under(tree.detect().memory.directory) == "d/memory");
}

TEST_CASE("pure version 2: the root may pass controllers on with processes in it") {
  Tree tree;
  tree.v2("c", "cpu memory pids\n", "memory\n", "1\n2\n", true);
  tree.mounted_v2("c");
  tree.facts.cgroup = "0::/\n";
  const CgroupHost host = tree.detect();
  CHECK(host.memory.version == 2);
  CHECK_FALSE(host.memory.enable);
  CHECK(host.cpu.version == 2);
  CHECK(host.cpu.enable);
  CHECK(host.pids.enable);
  CHECK(tree.under(host.pids.directory) == "c");
  CHECK(host.track.version == 2);
  CHECK(host.freezer.version == 2);
}

TEST_CASE("pure version 2: a group with processes passes nothing on, the one above may") {
  Tree tree;
  tree.v2("c", "cpu memory pids\n", "cpu memory pids\n", "", true);
  tree.v2("c/scope", "cpu memory pids\n", "", "10\n");
  tree.v2("c/scope/shell", "", "", "11\n");
  tree.mounted_v2("c");

  // The own group offers nothing, so that a neighbour is made: the root has all enabled.
  tree.facts.cgroup = "0::/scope\n";
  CHECK(tree.under(tree.detect().memory.directory) == "c");

  // Here the group above has processes too.
  tree.facts.cgroup = "0::/scope/shell\n";
  CgroupHost host = tree.detect();
  CHECK_FALSE(host.memory);
  CHECK(host.memory.reason ==
        fmt::format("controller 'memory' is not delegated to group '{}'", tree.scratch.path("c/scope/shell")));
  CHECK(tree.under(host.track.directory) == "c/scope/shell");

  // Delegated, with the shell out of the way: controllers can be enabled.
  tree.v2("c/scope", "cpu memory pids\n", "pids\n");
  host = tree.detect();
  CHECK(host.memory.enable);
  CHECK_FALSE(host.pids.enable);
  CHECK(tree.under(host.memory.directory) == "c/scope");
  CHECK(tree.under(host.track.directory) == "c/scope");
  CHECK(tree.under(host.freezer.directory) == "c/scope");
}

TEST_CASE("pure version 2: the rule against internal processes is the reason") {
  Tree tree;
  tree.v2("c", "cpu memory pids\n", "", "1\n");  // the root of a namespace, not of the hierarchy
  tree.mounted_v2("c");
  tree.facts.cgroup = "0::/\n";
  CgroupHost host = tree.detect();
  const std::string group = tree.scratch.path("c");
  CHECK_FALSE(host.memory);
  CHECK(host.memory.reason ==
        fmt::format("group '{}' contains processes, so it cannot delegate controller 'memory'", group));
  CHECK(host.memory.remedy ==
        fmt::format("mkdir -p {0}/shell && for p in $(cat {0}/cgroup.procs); do echo $p >{0}/shell/cgroup.procs; done",
                    group));
  CHECK(host.track.version == 2);

  tree.facts.systemd = true;
  CHECK(tree.detect().memory.remedy ==
        fmt::format("systemd-run --scope -p Delegate=yes sh -c 'd={}$(sed -n s/^0:://p /proc/self/cgroup) && mkdir "
                    "$d/shell && echo $$ >$d/shell/cgroup.procs && exec \"$SHELL\"'",
                    group));
  tree.facts.uid = 1000;
  CHECK(tree.detect().memory.remedy.starts_with("systemd-run --user --scope -p Delegate=yes "));
}

TEST_CASE("pure version 2: root does not enable controllers in what systemd has not delegated") {
  Tree tree;
  tree.v2("c", "cpu memory pids\n", "memory\n", "", true);
  tree.v2("c/user.slice", "cpu memory pids\n", "memory\n");
  tree.v2("c/user.slice/session", "memory\n", "", "10\n");
  tree.mounted_v2("c");
  tree.facts.cgroup = "0::/user.slice/session\n";
  tree.facts.systemd = true;
  const CgroupHost host = tree.detect();
  CHECK(tree.under(host.memory.directory) == "c/user.slice");
  CHECK(host.cpu.reason == fmt::format("group '{}' belongs to systemd, which does not delegate controller 'cpu'",
                                       tree.scratch.path("c/user.slice")));
  CHECK(host.cpu.remedy.starts_with("systemd-run --scope"));
  tree.facts.systemd = false;
  CHECK(tree.detect().cpu.enable);
}

TEST_CASE("a controller that the kernel does not have has no remedy") {
  Tree tree;
  tree.v2("c", "memory pids\n", "memory pids\n", "1\n", true);
  tree.mounted_v2("c");
  tree.facts.cgroup = "0::/\n";
  CHECK(tree.detect().cpu.reason == "the kernel lacks controller 'cpu', or it is disabled");
  CHECK(tree.detect().cpu.remedy.empty());
}

TEST_CASE("no remedy is offered for a path that a shell would take apart") {
  Tree tree;
  tree.mounted_v1("memory", "c/$(reboot)", "/", "ro");
  tree.facts.cgroup = "4:memory:/\n";
  CHECK(tree.detect().memory.reason == "'/c/$(reboot)' is mounted read-only");
  CHECK(tree.detect().memory.remedy.empty());
}

TEST_CASE("no cgroups at all") {
  Tree tree;
  const CgroupHost host = tree.detect();
  for (const CgroupPlace* place : host.places()) {
    CHECK_FALSE(*place);
    CHECK(place->reason == "the kernel lacks cgroup version 2");
  }
}

TEST_CASE("this host: each place is a group that we may write to, or a reason") {
  const CgroupHost host = detect_cgroups();
  for (const CgroupPlace* place : host.places()) {
    CHECK(place->reason.empty() == bool(*place));
    if (*place) CHECK(access((place->directory + "/cgroup.procs").c_str(), F_OK) == 0);
  }
}
