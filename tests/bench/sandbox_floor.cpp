// SPDX-License-Identifier: Apache-2.0
// How near Sandbox::start comes to what the kernel alone needs: from the call to the first instruction of a static
// program, in turns in one run.
//
//     sandbox-floor STAMP [ROUNDS]      STAMP: the program stamp; as root
//
// floor   a process in all namespaces but a user namespace, in a network namespace that was made before, the mounts of
//         a sandbox as plain system calls, exec; no other wall
// hand    Sandbox::start with all walls, its network namespace from a PoolStock of this process
// helper  the same from a pool in another process, the round trip included
// alone   the same without a pool
// ask     a round trip to the pool, for nothing
#include "sandbox/child/launch.hpp"
#include "sandbox/child_memory.hpp"
#include "sandbox/pool_server.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

namespace sandbox = fn::sandbox;
using fn::sys::raw_syscall;
using sandbox::Stamps;

struct Floor {
  const char* layer;
  int out;
};

// What Sandbox::start mounts for a read-only root.
void floor_process(void* argument) {
  const Floor& floor = *static_cast<Floor*>(argument);
  const auto mount = [](const char* from, const char* to, const char* type, unsigned long flags, const char* data) {
    if (raw_syscall(SYS_mount, from, to, type, flags, data) < 0) raw_syscall(SYS_exit_group, 1);
  };
  mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  mount("fn", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m");
  raw_syscall(SYS_chdir, "/mnt");
  for (const char* made : {"root", "skel", "skel/proc", "skel/dev", "skel/tmp", "dev", "dev/shm", "tmp"})
    raw_syscall(SYS_mkdirat, AT_FDCWD, made, 0755);
  raw_syscall(SYS_chdir, floor.layer);
  mount("fn", "/mnt/root", "overlay", MS_NOSUID | MS_NODEV | MS_RDONLY, "userxattr,lowerdir=/mnt/skel:.");
  raw_syscall(SYS_chdir, "/mnt");
  constexpr std::array devices{std::pair{"/dev/null", "dev/null"}, std::pair{"/dev/zero", "dev/zero"},
                               std::pair{"/dev/full", "dev/full"}, std::pair{"/dev/random", "dev/random"},
                               std::pair{"/dev/urandom", "dev/urandom"}};
  for (const auto& [from, to] : devices) {
    raw_syscall(SYS_close, raw_syscall(SYS_openat, AT_FDCWD, to, O_CREAT | O_WRONLY, 0644));
    mount(from, to, nullptr, MS_BIND, nullptr);
  }
  for (const char* link : {"dev/fd", "dev/stdin", "dev/stdout", "dev/stderr"})
    raw_syscall(SYS_symlinkat, "/proc/self/fd", AT_FDCWD, link);
  mount("dev", "root/dev", nullptr, MS_BIND, nullptr);
  mount("tmp", "root/tmp", nullptr, MS_BIND, nullptr);
  mount("proc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr);
  for (const char* secret : {"root/proc/kcore", "root/proc/keys", "root/proc/key-users", "root/proc/timer_list",
                             "root/proc/sysrq-trigger", "root/proc/kpagecgroup"})
    raw_syscall(SYS_mount, "dev/null", secret, nullptr, MS_BIND, nullptr);
  raw_syscall(SYS_chdir, "root");
  raw_syscall(SYS_pivot_root, ".", ".");
  raw_syscall(SYS_umount2, ".", MNT_DETACH);
  raw_syscall(SYS_chdir, "/");
  raw_syscall(SYS_dup3, floor.out, 1, 0);
  const std::array<const char*, 2> argv{"stamp", nullptr};
  const std::array<const char*, 1> envp{nullptr};
  raw_syscall(SYS_execve, "/stamp", argv.data(), envp.data());
  for (;;) raw_syscall(SYS_exit_group, 1);
}

std::uint64_t read_stamp(fn::sys::Pipe& pipe) {
  pipe.write.reset();
  std::uint64_t stamp = 0;
  if (read(pipe.read.get(), &stamp, sizeof stamp) != ssize_t(sizeof stamp)) fn::fail(fn::Kind::failure, "no stamp");
  return stamp;
}

double floor_start(const std::string& layer, const sandbox::PooledNamespaces& pooled) {
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  Floor floor{layer.c_str(), pipe.write.get()};
  const fn::sys::Fd own = fn::sys::open_file("/proc/thread-self/ns/net", O_RDONLY);
  const sandbox::ChildMemory child_memory;
  const std::uint64_t begin = Stamps::now();
  raw_syscall(SYS_setns, pooled.net.get(), CLONE_NEWNET);
  clone_args arguments{};
  arguments.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_VM | CLONE_VFORK;
  arguments.exit_signal = SIGCHLD;
  const long pid = fn::sys::raw_clone3(arguments, child_memory.first_stack(), floor_process, &floor);
  raw_syscall(SYS_setns, own.get(), CLONE_NEWNET);
  const std::uint64_t stamp = read_stamp(pipe);
  raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  return static_cast<double>(stamp - begin) / 1000;
}

double sandbox_start(const sandbox::Plan& plan, const std::function<sandbox::PoolTicket()>& ticket) {
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  const std::uint64_t begin = Stamps::now();
  sandbox::Sandbox started = sandbox::Sandbox::start(plan, {STDIN_FILENO, pipe.write.get(), STDERR_FILENO}, ticket());
  const std::uint64_t stamp = read_stamp(pipe);
  started.wait();
  const char* steps = std::getenv("FN_BENCH_STEPS");
  if (steps != nullptr && started.is_pooled() == (*steps == 'p'))
    std::fputs(sandbox::to_text(started.timing()).c_str(), stderr);
  return static_cast<double>(stamp - begin) / 1000;
}

double percentile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(static_cast<double>(values.size() - 1) * share));
}

sandbox::Plan make_plan(const std::string& layer) {
  sandbox::Spec spec;
  spec.root.directory = layer;
  spec.command = {"/stamp"};
  spec.filter = sandbox::seccomp::compile(sandbox::seccomp::default_profile()).program;
  return sandbox::make_plan(std::move(spec), sandbox::look_at_host(sandbox::LookForCgroups::no));
}

void measure(const char* stamp, int rounds, int pause_ms) {
  const fn::sys::TempDir files("/tmp", "fn-bench-");
  std::filesystem::copy_file(stamp, files.path() + "/stamp");
  const sandbox::Plan plan = make_plan(files.path());
  const std::string directory = files.path() + "/pool";
  sandbox::PoolServer server(directory);
  std::thread serving([&] { server.serve({.size = 8, .idle = std::chrono::seconds(60)}, -1); });
  const sandbox::PoolKey key = *sandbox::pool_key(plan);
  sandbox::PoolStock stock(8);
  std::map<std::string, std::vector<double>> times;
  const auto in_hand = [&] {
    for (;;) {
      if (auto pooled = stock.take(key)) return std::move(*pooled);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  };
  for (int round = -5; round < rounds; ++round) {
    std::map<std::string, double> now;
    const auto pause = [&] { std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms)); };
    sandbox::PooledNamespaces first = in_hand();
    sandbox::PooledNamespaces second = in_hand();
    pause();
    now["1 floor"] = floor_start(files.path(), first);
    pause();
    now["2 hand"] = sandbox_start(plan, [&] { return sandbox::PoolTicket(std::move(second)); });
    pause();
    now["3 helper"] = sandbox_start(plan, [&] { return sandbox::PoolTicket(directory, key); });
    pause();
    now["4 alone"] = sandbox_start(plan, [] { return sandbox::PoolTicket(); });
    const std::uint64_t before = Stamps::now();
    sandbox::pool_status(directory);
    now["5 ask"] = static_cast<double>(Stamps::now() - before) / 1000;
    for (const auto& [name, us] : now)
      if (round >= 0) times[name].push_back(us);
  }
  const auto last = sandbox::stop_pool(directory);
  serving.join();
  const double floor = percentile(times.at("1 floor"), 0.5);
  std::printf("pause %d ms, %d rounds\n%-10s %9s %9s %7s\n", pause_ms, rounds, "", "p50 us", "p99 us", "ratio");
  for (auto& [name, values] : times)
    std::printf("%-10s %9.0f %9.0f %7.2f\n", name.c_str() + 2, percentile(values, 0.5), percentile(values, 0.99),
                percentile(values, 0.5) / floor);
  if (last) std::printf("the helper gave %lu, had none %lu times\n", last->given, last->refused);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 300;
  try {
    measure(argv[1], rounds, 1);
    measure(argv[1], rounds, 20);
    return 0;
  } catch (const fn::Error& error) {
    std::fprintf(stderr, "sandbox-floor: %s\n", error.what());
    return 3;
  }
}
