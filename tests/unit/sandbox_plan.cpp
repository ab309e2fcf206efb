// SPDX-License-Identifier: Apache-2.0
#include "sandbox/exec_process.hpp"
#include "sandbox/plan/plan.hpp"
#include "sandbox/plan/ruleset.hpp"
#include "sys/tempdir.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sandbox = fn::sandbox;
using fn::Kind;
using sandbox::Step;
using sandbox::Wall;
using Level = sandbox::WallState::Level;

namespace {

struct Fixture {
  fn::sys::TempDir dir{"/tmp", "fn-plan-"};
  sandbox::Spec spec;
  sandbox::Host host;

  Fixture() {
    spec.root.directory = dir.path();
    spec.command = {"job", "now"};
    host.uid = 1000;
    host.gid = 100;
    host.kernel = 6001;
    host.landlock_abi = 2;
  }
  void make_directory(const std::string& name) const { REQUIRE(mkdir((dir.path() + name).c_str(), 0755) == 0); }
  void make_link(const char* target, const std::string& name) const {
    REQUIRE(symlink(target, (dir.path() + name).c_str()) == 0);
  }
  sandbox::Plan plan() const { return sandbox::make_plan(spec, host); }
  Kind refusal() const {
    try {
      plan();
    } catch (const fn::Error& error) {
      return error.kind();
    }
    return Kind::internal;
  }
};

std::size_t count(const std::vector<sandbox::Operation>& operations, Step step) {
  return std::size_t(std::count_if(operations.begin(), operations.end(),
                                   [&](const sandbox::Operation& each) { return each.step == step; }));
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an ordinary user gets one id, and no say over groups") {
  spec.identity = {.uid = 33, .gid = 34, .groups = {5}};
  const sandbox::Plan plan = this->plan();
  REQUIRE(plan.uids.size() == 1);
  CHECK(plan.uids[0].inside == 33);
  CHECK(plan.uids[0].outside == 1000);
  CHECK(plan.gids[0].outside == 100);
  CHECK(plan.deny_setgroups);
  CHECK(plan.spec.identity.groups.empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "an administrator maps every id to itself, and does without a user namespace if there is none") {
  host.is_admin = true;
  host.uids = host.gids = {{0, 65536}};
  CHECK(plan().uids[0].count == 65536);
  host.user_namespaces = false;
  host.user_namespaces_off = "/proc/sys/user/max_user_namespaces";
  const sandbox::Plan without = plan();
  CHECK((without.namespaces & CLONE_NEWUSER) == 0);
  CHECK(without.wall(Wall::user).level == Level::down);
  spec.require = {Wall::user};
  CHECK(refusal() == Kind::unsupported);
}

TEST_CASE_FIXTURE(Fixture, "who may not make user namespaces is told which setting says so") {
  host.user_namespaces = false;
  host.user_namespaces_off = "/proc/sys/user/max_user_namespaces";
  CHECK_THROWS_WITH_AS(
      plan(), "this host does not let ordinary users create user namespaces: '/proc/sys/user/max_user_namespaces' is 0",
      fn::Error);
}

TEST_CASE_FIXTURE(Fixture, "limits without control groups are approximate or down, and --require fails closed") {
  spec.limits = {.memory = 64 * fn::MiB, .cpus = 0.5, .pids = 20};
  host.cgroups.memory.reason = "no right to make a group";
  const sandbox::Plan plan = this->plan();
  CHECK(plan.wall(Wall::memory).level == Level::approximate);
  CHECK(plan.wall(Wall::memory).reason == "no right to make a group");
  CHECK(plan.wall(Wall::cpus).level == Level::down);
  CHECK(plan.wall(Wall::pids).level == Level::approximate);
  CHECK(count(plan.lockdown, Step::rlimit) == 3);  // RLIMIT_NPROC stands in
  spec.require = {Wall::memory};
  CHECK(refusal() == Kind::unsupported);
}

TEST_CASE_FIXTURE(Fixture, "a limit of memory must hold what is copied while the memory is the maker's") {
  spec.limits.memory = sandbox::least_memory - 1;
  CHECK(refusal() == Kind::usage);
  spec.limits.memory = sandbox::least_memory;
  CHECK_NOTHROW(plan());
  for (int n = 0; n < 30; ++n) spec.environment.push_back("A=" + std::string(100'000, 'a'));
  CHECK(refusal() == Kind::usage);
  spec.limits.memory = 5 * fn::MiB;
  CHECK_NOTHROW(plan());
  spec.files.push_back({"debugger", "file", std::string(fn::MiB, 'a')});
  CHECK(refusal() == Kind::usage);
  spec.limits.memory = 6 * fn::MiB;
  const sandbox::Plan plan = this->plan();
  CHECK_NOTHROW(sandbox::plan_exec(plan, {"true"}, {}, "/"));
  CHECK_THROWS(sandbox::plan_exec(plan, {"true", std::string(5 * fn::MiB, 'a')}, {}, "/"));
}

TEST_CASE_FIXTURE(Fixture, "steps that may fail may not where their wall is required") {
  const auto optional = [](const sandbox::Plan& plan, Wall wall) {
    const auto matches = [&](const sandbox::Operation& each) { return each.wall == wall && each.optional; };
    return std::any_of(plan.beside.begin(), plan.beside.end(), matches) ||
           std::any_of(plan.lockdown.begin(), plan.lockdown.end(), matches);
  };
  CHECK(optional(plan(), Wall::time));
  CHECK(optional(plan(), Wall::cgroup));
  spec.require = {Wall::time};
  CHECK_FALSE(optional(plan(), Wall::time));
  CHECK(optional(plan(), Wall::cgroup));
}

TEST_CASE_FIXTURE(Fixture, "where setgroups is denied it is not tried, by an administrator either") {
  host.is_admin = true;
  host.uids = host.gids = {{0, 65536}};
  spec.identity.groups = {7};
  CHECK_FALSE(plan().deny_setgroups);
  CHECK(plan().spec.identity.groups.size() == 1);
  host.setgroups_denied = true;
  CHECK(plan().deny_setgroups);
  CHECK(plan().spec.identity.groups.empty());
}

TEST_CASE_FIXTURE(Fixture, "the image's own dev, proc and tmp must be directories") {
  for (const std::string name : {"dev", "proc", "tmp"}) {
    make_link("/etc", "/" + name);
    CHECK_MESSAGE(refusal() == Kind::usage, name);
    REQUIRE(unlink((dir.path() + "/" + name).c_str()) == 0);
    make_directory("/" + name);
    CHECK_NOTHROW(plan());
  }
}

TEST_CASE_FIXTURE(Fixture, "a working directory that is missing is made, but not through a link of the image") {
  spec.working_dir = "/srv/app";
  const sandbox::Plan made = plan();
  const auto makes = [&](const std::string& path) {
    return std::any_of(made.setup.begin(), made.setup.end(), [&](const sandbox::Operation& each) {
      return each.step == Step::make_directory && each.target == path;
    });
  };
  CHECK(makes("skel/srv"));
  CHECK(makes("skel/srv/app"));
  make_link("usr", "/srv");
  CHECK(refusal() == Kind::usage);
  make_directory("/usr");
  make_directory("/usr/app");
  CHECK_NOTHROW(plan());  // the link leads there
}

TEST_CASE_FIXTURE(Fixture, "a program is looked for in PATH unless it has a slash") {
  spec.environment = {"A=1", "PATH=/one:/two"};
  CHECK(plan().programs == std::vector<std::string>{"/one/job", "/two/job"});
  spec.command = {"./job"};
  CHECK(plan().programs == std::vector<std::string>{"./job"});
  spec.command = {};
  CHECK(refusal() == Kind::usage);
}

TEST_CASE_FIXTURE(Fixture, "the scratch directory covers nothing that is needed") {
  spec.mounts = {{.source = "/mnt", .target = "/data", .read_only = true}};
  const std::string place = plan().opening.back().target;
  CHECK(place != "/mnt");
  CHECK(place != "/tmp");  // the root is below it
}

TEST_CASE_FIXTURE(Fixture, "no network namespace with the host's network, and that is said") {
  spec.network = fn::Network::host;
  CHECK((plan().namespaces & CLONE_NEWNET) == 0);
  CHECK(plan().wall(Wall::net).level == Level::unwanted);
}

TEST_CASE("walls are known by the names of the kernel's manual too") {
  CHECK(sandbox::parse_wall("seccomp") == Wall::seccomp);
  CHECK(sandbox::parse_wall("pidns") == Wall::pid);
  CHECK(sandbox::parse_wall("userns") == Wall::user);
  CHECK_FALSE(sandbox::parse_wall("moat"));
  CHECK_FALSE(sandbox::parse_wall("ns"));
}

TEST_CASE_FIXTURE(Fixture,
                  "names are put into /etc, unless that is a link of the image or something is mounted there") {
  const auto content = [](const sandbox::Plan& plan, const std::string& path) -> std::string {
    for (const sandbox::Operation& each : plan.setup)
      if (each.step == Step::make_file && each.target == path) return each.source;
    return "none";
  };
  CHECK(content(plan(), "skel/etc/hosts") == "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\tfn\n");
  CHECK(content(plan(), "skel/etc/hostname") == "fn\n");
  CHECK(content(plan(), "skel/etc/resolv.conf") == "none");
  spec.network = fn::Network::host;
  CHECK(content(plan(), "skel/etc/resolv.conf") != "none");
  make_directory("/etc");
  spec.mounts = {{.source = "/etc/passwd", .target = "/etc/hosts", .read_only = true}};
  CHECK(content(plan(), "skel/etc/hosts").empty());  // the place for the mount
  spec.mounts.clear();
  REQUIRE(rmdir((dir.path() + "/etc").c_str()) == 0);
  make_link("usr", "/etc");
  CHECK(content(plan(), "skel/etc/hostname") == "none");
}
