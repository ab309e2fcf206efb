// SPDX-License-Identifier: Apache-2.0
#include "sandbox/entry.hpp"

#include "sandbox/launch.hpp"
#include "sandbox/nursery.hpp"
#include "sandbox/ruleset.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::sandbox {

Plan plan_entry(const Plan& plan, std::vector<std::string> command, std::vector<std::string> environment,
                std::string working_dir) {
  Plan entry;
  entry.spec = plan.spec;
  entry.spec.idle = false;
  entry.spec.command = std::move(command);
  entry.spec.environment = std::move(environment);
  entry.spec.working_dir = std::move(working_dir);
  entry.deny_setgroups = plan.deny_setgroups;
  entry.landlock_abi = plan.landlock_abi;
  for (const Operation& operation : plan.lockdown) {
    if (operation.step == Step::time_namespace || operation.step == Step::execute) continue;
    entry.lockdown.push_back(operation);
    if (operation.step == Step::working_dir) entry.lockdown.back().source = entry.spec.working_dir;
  }
  entry.lockdown.push_back({.step = Step::execute, .source = entry.spec.command.front()});
  entry.programs = program_paths(entry.spec);
  return entry;
}

struct Entry::Impl {
  explicit Impl(const Plan& plan) : launch(plan) {}
  Impl(const Impl&) = delete;
  ~Impl();

  static void door(void* entry);
  void start(const Where& where, const Streams& streams, int terminal);
  std::optional<EndRecord> reap(int options);

  Launch launch;
  std::unique_ptr<landlock::Ruleset> ruleset;
  Nursery nursery;
  int init_pidfd = -1;
  unsigned long namespaces = 0;
  long command = 0;  // pid
  sys::Fd pidfd;
  bool reaped = false;
};

// The process that joins the namespaces, starts the command as a child of our maker, and ends: a pid namespace takes
// only children in.
void Entry::Impl::door(void* argument) {
  Impl& entry = *static_cast<Impl*>(argument);
  Launch& launch = entry.launch;
  if (const long member = join_cgroups(launch); member < 0)
    launch.give_up({.step = "join its control groups", .error = static_cast<int>(-member)});
  const long joined = raw_syscall(SYS_setns, entry.init_pidfd, entry.namespaces);
  if (joined < 0) launch.give_up({.step = "join its namespaces", .error = static_cast<int>(-joined)});
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_PARENT;  // and the door's exit signal
  const long pid = raw_clone3(arguments, launch.command_stack, command_process, &launch);
  if (pid < 0) launch.give_up({.step = "start a process inside", .error = static_cast<int>(-pid)});
  entry.command = pid;
  for (;;) raw_syscall(SYS_exit_group, 0);
}

void Entry::Impl::start(const Where& where, const Streams& streams, int terminal) {
  // Nothing has to be waited for: init closed itself up long ago.
  sys::Pipe go = sys::make_pipe();
  sys::write_full(go.write.get(), "x", "pipe");
  init_pidfd = where.init_pidfd;
  namespaces = where.namespaces | CLONE_NEWCGROUP;
  launch.argv = string_pointers(launch.plan.spec.command);
  launch.envp = string_pointers(launch.plan.spec.environment);
  launch.go_read = go.read.get();
  launch.streams = streams;
  launch.terminal = terminal;
  launch.command_stack = nursery.command_stack();
  launch.dies_with_maker = true;
  launch.root.open();
  ruleset = make_ruleset(launch.plan);
  launch.ruleset = ruleset.get();
  const SignalsBlocked blocked;
  clone_args arguments{};
  arguments.flags = CLONE_VM;
  arguments.exit_signal = SIGCHLD;
  if (where.cgroup != nullptr) {
    launch.task_files = where.cgroup->task_files();
    if (const int group = where.cgroup->v2_fd(); group >= 0) {
      arguments.flags |= CLONE_INTO_CGROUP;
      arguments.cgroup = static_cast<std::uint64_t>(group);
    }
  }
  launch.groups.open();
  const long pid = raw_clone3(arguments, nursery.first_stack(), door, this);
  if (pid < 0) sys::fail_errno(static_cast<int>(-pid), "cannot start a process");
  raw_syscall(SYS_wait4, pid, nullptr, __WALL, nullptr);
  if (command == 0) throw explain(launch.failure, launch.plan);
  pidfd = sys::Fd(static_cast<int>(raw_syscall(SYS_pidfd_open, command, 0)));
  if (!pidfd) fail(Kind::failure, "cannot hold on to the process in the sandbox");
}

std::optional<EndRecord> Entry::Impl::reap(int options) {
  EndRecord record;
  rusage used{};
  const long pid = raw_syscall(SYS_wait4, command, &record.status, options | __WALL, &used);
  if (pid <= 0) return std::nullopt;
  reaped = true;
  record.max_rss_kib = static_cast<std::uint32_t>(used.ru_maxrss);
  const auto microseconds = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000U + static_cast<std::uint64_t>(time.tv_usec);
  };
  record.user_us = microseconds(used.ru_utime);
  record.system_us = microseconds(used.ru_stime);
  return record;
}

Entry::Impl::~Impl() {
  if (command == 0 || reaped) return;
  raw_syscall(SYS_kill, command, SIGKILL);
  reap(0);
}

Entry::Entry(const Plan& plan, const Where& where, const Streams& streams, int terminal)
    : impl_(std::make_unique<Impl>(plan)) {
  impl_->start(where, streams, terminal);
}

Entry::Entry(Entry&&) noexcept = default;
Entry::~Entry() = default;

int Entry::pidfd() const {
  return impl_->pidfd.get();
}

void Entry::signal(int number) const {
  raw_syscall(SYS_pidfd_send_signal, impl_->pidfd.get(), number, nullptr, 0);
}

std::optional<EndRecord> Entry::end() {
  auto record = impl_->reap(WNOHANG);
  if (record && impl_->launch.failed.load(std::memory_order_acquire))
    throw explain(impl_->launch.failure, impl_->launch.plan);
  return record;
}

}  // namespace fn::sandbox
