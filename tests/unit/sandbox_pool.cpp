// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pool_client.hpp"
#include "sandbox/pool_server.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"
#include "sandbox_child.hpp"
#include "sys/fd_passing.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <chrono>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace sandbox = fn::sandbox;
using sandbox::PoolKey;
using sandbox::PoolServer;
using sandbox::PoolTicket;
using std::chrono::milliseconds;

namespace {

ino_t inode(int fd) {
  struct stat status {};
  REQUIRE(fstat(fd, &status) == 0);
  return status.st_ino;
}

ino_t own_network() {
  return inode(fn::sys::open_file("/proc/thread-self/ns/net", O_RDONLY).get());
}

bool soon(const std::function<bool()>& holds) {
  for (int n = 0; n < 400; ++n) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

// A helper in a process of its own, so that it can be killed.
struct Helper {
  explicit Helper(const std::string& directory, milliseconds idle = milliseconds(20000)) {
    pid = fork();
    if (pid == 0) {
      signal(SIGTERM, SIG_DFL);
      try {
        PoolServer(directory).serve({.size = 3, .idle = idle}, -1);
      } catch (const fn::Error&) {
        _exit(9);
      }
      _exit(0);
    }
    soon([&] { return sandbox::pool_status(directory).has_value(); });
  }
  Helper(const Helper&) = delete;
  ~Helper() { end(SIGTERM); }
  int end(int signal) {
    if (pid <= 0) return -1;
    int status = 0;
    if (signal != 0) kill(pid, signal);
    waitpid(pid, &status, 0);
    pid = 0;
    return status;
  }
  pid_t pid = 0;
};

std::optional<sandbox::PooledNamespaces> take(const std::string& directory, const PoolKey& key) {
  return PoolTicket(directory, key).collect();
}

// What this user can have.
PoolKey some_key() {
  return {.with_user = geteuid() == 0 ? 0U : 1U};
}

// The pool's answer once it has had time to make one.
std::optional<sandbox::PooledNamespaces> take_at_last(const std::string& directory, const PoolKey& key) {
  std::optional<sandbox::PooledNamespaces> taken;
  soon([&] { return (taken = take(directory, key)).has_value(); });
  return taken;
}

sandbox::Plan shell_plan(const std::string& script, fn::Network network = fn::Network::none) {
  sandbox::Spec spec;
  spec.root.directory = "/";
  spec.command = {"sh", "-c", script};
  spec.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  spec.network = network;
  spec.filter = sandbox::seccomp::compile(sandbox::seccomp::default_profile()).program;
  return sandbox::make_plan(std::move(spec), sandbox::look_at_host(sandbox::LookForCgroups::no));
}

struct PooledRun {
  std::string out;
  bool pooled = false;
};

PooledRun run_pooled(const sandbox::Plan& plan, PoolTicket ticket) {
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  sandbox::Sandbox started =
      sandbox::Sandbox::start(plan, {STDIN_FILENO, pipe.write.get(), STDERR_FILENO}, std::move(ticket));
  pipe.write.reset();
  PooledRun run{.out = fn::sys::read_fd(pipe.read.get(), "pipe", 1 << 20), .pooled = started.is_pooled()};
  const sandbox::End& end = started.wait();
  if (end.error) throw fn::Error(*end.error);
  return run;
}

constexpr char flags_of_lo[] =
    "cat /proc/net/dev | grep -c lo:; cat /proc/net/if_inet6 | grep -c lo; readlink /proc/self/ns/net";

}  // namespace

TEST_CASE("each namespace of a pool is given once, is not ours, and is not another's") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  const Helper helper(dir.path());
  std::set<ino_t> seen{own_network()};
  std::vector<sandbox::PooledNamespaces> taken;
  for (int n = 0; n < 12; ++n) {
    auto pooled = take_at_last(dir.path(), some_key());
    REQUIRE(pooled);
    CHECK(seen.insert(inode(pooled->net.get())).second);
    taken.push_back(std::move(*pooled));
  }
  const auto said = sandbox::pool_status(dir.path());
  REQUIRE(said);
  CHECK(said->given == 12);
  CHECK(said->pid == helper.pid);
}

TEST_CASE("without a helper, a directory, or with one of somebody else, there is nothing, at once") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(take(dir.path(), some_key()));
  CHECK_FALSE(take(dir.path() + "/none", {}));
  const Helper helper(dir.path());
  CHECK(take_at_last(dir.path(), some_key()));
  REQUIRE(chmod(dir.path().c_str(), 0777) == 0);
  CHECK_FALSE(take(dir.path(), some_key()));
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(3000));
  CHECK_THROWS_WITH_AS(PoolServer(dir.path()), doctest::Contains("is accessible to other users"), fn::Error);
}

TEST_CASE("there is one helper to a directory; one that was killed leaves nothing that lasts") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  const std::string socket = dir.path() + "/socket";
  Helper helper(dir.path());
  struct stat status {};
  REQUIRE(stat(socket.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_THROWS_WITH_AS(PoolServer(dir.path()), doctest::Contains("a pool is already running"), fn::Error);
  helper.end(SIGKILL);
  CHECK(access(socket.c_str(), F_OK) == 0);
  CHECK_FALSE(take(dir.path(), some_key()));
  CHECK(access(socket.c_str(), F_OK) != 0);
  const Helper next(dir.path());
  CHECK(take_at_last(dir.path(), some_key()));
}

TEST_CASE("it leaves when it is idle, and when it is told to, and takes its socket along") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  const std::string socket = dir.path() + "/socket";
  Helper idle(dir.path(), milliseconds(100));
  CHECK(idle.end(0) == 0);
  CHECK(access(socket.c_str(), F_OK) != 0);
  Helper told(dir.path());
  const auto said = sandbox::stop_pool(dir.path());
  REQUIRE(said);
  CHECK(access(socket.c_str(), F_OK) != 0);
  CHECK(told.end(0) == 0);
  CHECK_FALSE(sandbox::stop_pool(dir.path()));
}

TEST_CASE("a helper that doesn't answer is not waited for") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  Helper helper(dir.path());
  kill(helper.pid, SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(take(dir.path(), some_key()));
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(200));
  kill(helper.pid, SIGCONT);
}

TEST_CASE("nonsense at its socket gets no answer, and the next one is served") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  const Helper helper(dir.path());
  for (const std::size_t size : {0U, 1U, 11U, 4000U}) {
    const fn::sys::Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (dir.path() + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const std::string bytes(size, '\xff');
    if (size > 0) send(socket.get(), bytes.data(), size, MSG_NOSIGNAL);
    char byte = 0;
    CHECK(recv(socket.get(), &byte, 1, 0) <= 0);
  }
  CHECK(take_at_last(dir.path(), some_key()));
}

TEST_CASE("a namespace that is ours, or none at all, is not taken for a fresh one") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  // Answers as a helper would, with the network namespace that all are in, then with a file.
  for (const char* wrong : {"/proc/self/ns/net", "/etc/passwd", "/proc/self/ns/mnt"}) {
    unlink((dir.path() + "/socket").c_str());
    const fn::sys::Fd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (dir.path() + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener.get(), 1) == 0);
    PoolTicket ticket(dir.path(), {});
    const fn::sys::Fd client(accept(listener.get(), nullptr, nullptr));
    const fn::sys::Fd file = fn::sys::open_file(wrong, O_RDONLY);
    const sandbox::PoolReply reply;
    const int fd = file.get();
    REQUIRE(fn::sys::send_with_fds(client.get(), {reinterpret_cast<const char*>(&reply), sizeof reply}, {&fd, 1}) > 0);
    CHECK_FALSE(ticket.collect());
  }
}

TEST_CASE("a sandbox runs in a pooled network as in one of its own") {
  const fn::sys::TempDir dir("/tmp", "fn-pool-");
  const Helper helper(dir.path());
  for (const auto network : {fn::Network::none, fn::Network::loopback}) {
    const sandbox::Plan plan = shell_plan(flags_of_lo, network);
    const auto key = sandbox::pool_key(plan);
    REQUIRE(key);
    CHECK((key->loopback != 0) == (network == fn::Network::loopback));
    CHECK((key->with_user != 0) == plan.deny_setgroups);
    const ino_t own = own_network();
    const PooledRun alone = run_pooled(plan, {});
    CHECK_FALSE(alone.pooled);
    auto pooled = take_at_last(dir.path(), *key);
    REQUIRE(pooled);
    const std::string expected = "net:[" + std::to_string(inode(pooled->net.get())) + "]\n";
    const PooledRun with_pool = run_pooled(plan, PoolTicket(std::move(*pooled)));
    CHECK(with_pool.pooled);
    CHECK(with_pool.out.ends_with(expected));
    CHECK(with_pool.out.substr(0, 4) == alone.out.substr(0, 4));
    CHECK(own_network() == own);
  }
  CHECK_FALSE(sandbox::pool_key(shell_plan("true", fn::Network::host)));
}

TEST_CASE("the walls of a pooled sandbox are those of any") {
  const sandbox::Plan plan = shell_plan(
      "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; id -u; id -g; cat /proc/self/uid_map; "
      "readlink /proc/self/ns/user; umask; pwd; ls /proc/self/fd | wc -l");
  const PooledRun alone = run_pooled(plan, {});
  const PooledRun pooled = run_pooled(plan, PoolTicket(sandbox::make_pooled(*sandbox::pool_key(plan))));
  CHECK(pooled.pooled);
  const auto without_namespace = [](std::string text) { return text.erase(text.find("user:["), 18); };
  CHECK(without_namespace(pooled.out) == without_namespace(alone.out));
}

TEST_CASE("modes are as they should be, and the command has our umask") {
  const mode_t before = umask(0027);
  const PooledRun result =
      run_pooled(shell_plan("umask; stat -c %a /tmp /dev/shm /dev; pwd; ls -di /proc/self/cwd/ | wc -l"), {});
  umask(before);
  CHECK(result.out == "0027\n1777\n1777\n755\n/\n1\n");
}

TEST_CASE("what can't be entered is done without") {
  sandbox::PooledNamespaces wrong{.user = {}, .net = fn::sys::open_file("/etc/passwd", O_RDONLY)};
  const sandbox::Plan plan = shell_plan("echo fine");
  const PooledRun first = run_pooled(plan, PoolTicket(std::move(wrong)));
  CHECK(first.out == "fine\n");
  CHECK_FALSE(first.pooled);
  sandbox::PooledNamespaces pair{.user = fn::sys::open_file("/proc/self/ns/user", O_RDONLY),
                                 .net = fn::sys::open_file("/proc/self/ns/net", O_RDONLY)};
  CHECK(run_pooled(plan, PoolTicket(std::move(pair))).out == "fine\n");
}

TEST_CASE("another command enters a sandbox whose network is pooled") {
  sandbox::Spec spec = shell_plan("").spec;
  spec.idle = true;
  spec.command.clear();
  const sandbox::Plan plan = sandbox::make_plan(spec, sandbox::look_at_host(sandbox::LookForCgroups::no));
  sandbox::PooledNamespaces pooled = sandbox::make_pooled(*sandbox::pool_key(plan));
  const ino_t network = inode(pooled.net.get());
  sandbox::Sandbox started =
      sandbox::Sandbox::start(plan, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}, PoolTicket(std::move(pooled)));
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  std::this_thread::sleep_for(milliseconds(100));
  const sandbox::Plan exec_plan = sandbox::plan_exec(
      plan, {"sh", "-c", "readlink /proc/self/ns/net; cat /proc/self/cgroup"}, spec.environment, "/");
  sandbox::ExecProcess process(exec_plan, started.exec_target(), {STDIN_FILENO, pipe.write.get(), STDERR_FILENO}, -1);
  pipe.write.reset();
  const std::string out = fn::sys::read_fd(pipe.read.get(), "pipe", 1 << 20);
  CHECK(out.starts_with("net:[" + std::to_string(network)));
  // Its groups are the root of what it sees, whatever ours are called.
  CHECK(out.find("/..") == std::string::npos);
  CHECK(out.ends_with(":/\n"));
}
