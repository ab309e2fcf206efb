// SPDX-License-Identifier: Apache-2.0
// One more command in a sandbox that is running. A pid namespace takes only children in, and a user namespace only a
// process of one thread, so a process is made that joins the namespaces and the groups, starts the command as a child
// of ours (CLONE_PARENT) and ends: child/join_sandbox.cpp. start() waits for that process. The command goes on alone,
// passes the same lockdown as the first command did, and executes; whether that went well is told by end(), since
// both processes use our memory until then. So Impl stays where it is, and its destructor kills and reaps the command
// before it frees anything. Unlike the first command this one has no init above it that dies with us: it asks the
// kernel to be killed when we die (PR_SET_PDEATHSIG).
//
// The group may be full already, of files perhaps, and whom the kernel then kills for memory takes all along that share
// it. So the process that joins is one whose end its maker waits for (CLONE_VFORK), which is never chosen, and where
// the group has not plenty left the command has a copy of our memory from the beginning, although that takes
// milliseconds. Launch is at a place that all see.
#include "sandbox/exec_process.hpp"

#include "sandbox/child/join_sandbox.hpp"
#include "sandbox/child_memory.hpp"
#include "sandbox/maker.hpp"
#include "sandbox/plan/ruleset.hpp"
#include "sys/file.hpp"
#include "sys/raw_syscall.hpp"

#include <cerrno>
#include <csignal>
#include <memory>
#include <new>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

Plan plan_exec(const Plan& plan, std::vector<std::string> command, std::vector<std::string> environment,
               std::string working_dir) {
  Plan exec;
  exec.spec = plan.spec;
  exec.spec.idle = false;
  exec.spec.timed = false;
  exec.spec.command = std::move(command);
  exec.spec.environment = std::move(environment);
  exec.spec.working_dir = std::move(working_dir);
  exec.spec.files.clear();
  check_memory(exec.spec);
  exec.deny_setgroups = plan.deny_setgroups;
  exec.landlock_abi = plan.landlock_abi;
  for (const Operation& operation : plan.lockdown) {
    if (operation.step == Step::time_namespace || operation.step == Step::execute) continue;
    exec.lockdown.push_back(operation);
    if (operation.step == Step::working_dir) exec.lockdown.back().source = exec.spec.working_dir;
  }
  exec.lockdown.push_back({.step = Step::execute, .source = exec.spec.command.front()});
  exec.programs = program_paths(exec.spec);
  return exec;
}

namespace {

struct UnmapLaunch {
  void operator()(Launch* launch) const {
    launch->~Launch();
    munmap(launch, sizeof *launch);
  }
};

std::unique_ptr<Launch, UnmapLaunch> make_shared_launch(const Plan& plan) {
  void* memory = mmap(nullptr, sizeof(Launch), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) sys::fail_errno(errno, "cannot allocate memory for a command");
  return std::unique_ptr<Launch, UnmapLaunch>(new (memory) Launch(plan));
}

// Whatever else runs there can't use the other half before the command has executed.
bool is_half_full(const Cgroup& group, const Spec& spec) {
  return spec.limits.memory && group.memory_usage().value_or(0) + start_memory(spec) > *spec.limits.memory / 2;
}

}  // namespace

struct ExecProcess::Impl {
  explicit Impl(const Plan& plan)
      : shared_launch(make_shared_launch(plan)), launch(*shared_launch), joining{.launch = launch} {}
  Impl(const Impl&) = delete;
  ~Impl();

  void start(const Target& target, const Streams& streams, int terminal);
  void kill() const;
  void reap(int options);

  std::unique_ptr<Launch, UnmapLaunch> shared_launch;
  Launch& launch;
  std::unique_ptr<landlock::Ruleset> ruleset;
  ChildMemory child_memory;
  JoinSandbox joining;
  long command = 0;  // pid
  sys::Fd pidfd;
  std::optional<EndRecord> record;  // once it was reaped
};

void ExecProcess::Impl::start(const Target& target, const Streams& streams, int terminal) {
  // Nothing has to be waited for: init closed itself up long ago.
  sys::Pipe go = sys::make_pipe();
  sys::write_full(go.write.get(), "x", "pipe");
  joining.init_pidfd = target.init_pidfd;
  joining.namespaces = target.namespaces | CLONE_NEWCGROUP;
  launch.argv = string_pointers(launch.plan.spec.command);
  launch.envp = string_pointers(launch.plan.spec.environment);
  launch.go_read = go.read.get();
  launch.streams = streams;
  launch.terminal = terminal;
  launch.command_stack = child_memory.command_stack();
  launch.dies_with_maker = true;
  ruleset = make_ruleset(launch.plan);
  launch.ruleset = ruleset.get();
  const SignalsBlocked blocked;
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK;
  arguments.exit_signal = SIGCHLD;
  joining.copies_memory = target.cgroup != nullptr && is_half_full(*target.cgroup, launch.plan.spec);
  if (target.cgroup != nullptr) {
    launch.task_files = target.cgroup->task_files();
    if (const int group = target.cgroup->v2_fd(); group >= 0) {
      arguments.flags |= CLONE_INTO_CGROUP;
      arguments.cgroup = static_cast<std::uint64_t>(group);
    }
  }
  launch.ignored_signals = ignored_signals();
  launch.groups.open();
  const long pid = raw_clone3(arguments, child_memory.first_stack(), join_sandbox_process, &joining);
  if (pid < 0) sys::fail_errno(static_cast<int>(-pid), "cannot start a process");
  raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  command = joining.command;
  if (command == 0) throw explain(launch.failure, launch.plan);
  pidfd = sys::Fd(static_cast<int>(raw_syscall(SYS_pidfd_open, command, 0)));
  if (!pidfd) fail(Kind::failure, "cannot open a pidfd of the process in the sandbox");
}

// Its pid is ours until we reap it.
void ExecProcess::Impl::kill() const {
  if (command != 0 && !record) raw_syscall(SYS_kill, command, SIGKILL);
}

void ExecProcess::Impl::reap(int options) {
  if (command == 0 || record) return;
  EndRecord ended;
  rusage used{};
  const long pid = raw_syscall(SYS_wait4, command, &ended.status, options | __WALL, &used);
  if (pid <= 0) return;
  ended.max_rss_kib = static_cast<std::uint32_t>(used.ru_maxrss);
  const auto microseconds = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000U + static_cast<std::uint64_t>(time.tv_usec);
  };
  ended.user_us = microseconds(used.ru_utime);
  ended.system_us = microseconds(used.ru_stime);
  record = ended;
}

ExecProcess::Impl::~Impl() {
  kill();
  reap(0);
}

ExecProcess::ExecProcess(const Plan& plan, const Target& target, const Streams& streams, int terminal)
    : impl_(std::make_shared<Impl>(plan)) {
  impl_->start(target, streams, terminal);
  std::erase_if(target.exec_processes->processes_, [](const auto& each) { return each.expired(); });
  target.exec_processes->processes_.push_back(impl_);
}

ExecProcess::ExecProcess(ExecProcess&&) noexcept = default;
ExecProcess::~ExecProcess() = default;

int ExecProcess::pidfd() const {
  return impl_->pidfd.get();
}

void ExecProcess::signal(int number) const {
  raw_syscall(SYS_pidfd_send_signal, impl_->pidfd.get(), number, nullptr, 0);
}

std::optional<EndRecord> ExecProcess::end() {
  impl_->reap(WNOHANG);
  if (impl_->record && impl_->launch.failed.load(std::memory_order_acquire))
    throw explain(impl_->launch.failure, impl_->launch.plan);
  return impl_->record;
}

void ExecProcesses::kill() const {
  for (const auto& each : processes_)
    if (const auto process = each.lock()) process->kill();
}

void ExecProcesses::reap() const {
  for (const auto& each : processes_)
    if (const auto process = each.lock()) process->reap(WNOHANG);
}

void ExecProcesses::watch(std::vector<pollfd>& set) const {
  for (const auto& each : processes_) {
    const auto process = each.lock();
    if (process && !process->record) set.push_back({process->pidfd.get(), POLLIN, 0});
  }
}

}  // namespace fn::sandbox
