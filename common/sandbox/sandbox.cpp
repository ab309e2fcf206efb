// SPDX-License-Identifier: Apache-2.0
// The start of a sandbox, in the process that asks for one: the maker. In: a Plan, three descriptors and perhaps a
// ticket of the pool. Out: a sandbox on its way; what fails later is told by end().
//
//   prepare    what the new processes will need, since they can make nothing themselves: pipes, argv, the image of init
//   groups     control groups of version 2, if there are any: the first process is born into its group
//   spawn      clone3(CLONE_VM): from here on the first process runs in our memory (child/first_process.cpp), and soon
//              the command's process beside it
//   id maps    written from outside; the two do meanwhile what needs no ids, then wait at `launch.ids`
//   groups     those of version 1, which the processes join by themselves once `launch.groups` opens
//
// The janitor, who removes the groups if the maker is killed, is started before the first group of version 1 is made.
// It can't be before one of version 2, since it watches the first process; a maker that is killed in between leaves
// the group to the next sweep.
//
// `launch` and the stacks are read and written by processes over there until they have called exec. So Impl stays
// where it is, and its destructor frees nothing before the first process, and with it all others, is gone.
#include "sandbox/sandbox.hpp"

#include "base/text.hpp"
#include "sandbox/cgroup/cgroup_sweep.hpp"
#include "sandbox/child/first_process.hpp"
#include "sandbox/id_maps.hpp"
#include "sandbox/init_image.hpp"
#include "sandbox/maker.hpp"
#include "sandbox/process_tree.hpp"
#include "sandbox/sandbox_impl.hpp"
#include "sandbox/spawn_pooled.hpp"
#include "sys/fd_passing.hpp"
#include "sys/file.hpp"
#include "sys/raw_syscall.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

// The set-up takes milliseconds, and so does the end of a process; but a mount may wait for a server and a process for
// a device, for ever.
constexpr milliseconds set_up_patience = 10s;
constexpr milliseconds kill_patience = 5s;

// Readable, or at its end.
bool is_ready_within(int fd, milliseconds patience) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

void Sandbox::Impl::prepare(const Streams& streams) {
  times.add("begin");
  result = sys::make_pipe();
  go = sys::make_pipe();
  if (plan.spec.terminal || plan.spec.listen_port) {
    int ends[2];
    sys::check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "cannot create a socket pair");
    handoff = sys::Fd(ends[0]);
    handoff_there = sys::Fd(ends[1]);
  }
  launch.argv = string_pointers(plan.spec.command);
  launch.envp = string_pointers(plan.spec.environment);
  launch.result_read = result.read.get();
  launch.result_write = result.write.get();
  launch.go_read = go.read.get();
  launch.go_write = go.write.get();
  launch.init_image = init_image();
  if (const auto time = plan.spec.time; time && time->count() > 0)
    launch.init_time = std::to_string(time->count() + init_patience_ms);
  launch.handoff = handoff_there.get();
  launch.streams = streams;
  launch.command_stack = child_memory.command_stack();
  if (plan.uids.empty()) launch.ids.open();
  ruleset = make_ruleset(plan);
  launch.ruleset = ruleset.get();
  times.add("prepare");
}

void Sandbox::Impl::spawn(std::optional<PooledNamespaces> pooled) {
  int pidfd = -1;
  if (cgroup) launch.cgroup = cgroup->v2_fd();
  long pid = -ENOENT;
  if (pooled) pid = spawn_pooled(launch, child_memory, *pooled, pidfd);
  if (pid < 0) pid = start_first_process(launch, plan.namespaces, child_memory.first_stack(), pidfd);
  if (pid < 0) throw no_namespaces(static_cast<int>(-pid));
  init = static_cast<pid_t>(pid);
  init_pidfd = sys::Fd(pidfd);
  times.add("clone");
}

void Sandbox::Impl::write_id_maps() const {
  if (plan.uids.empty() || launch.has_ids) return;
  // A process that has given up already has the better account of why.
  if (write_id_maps_of(init, plan) || launch.failed.load(std::memory_order_acquire)) return;
  sys::check(-1, "cannot write the id maps of the sandbox");
}

CgroupLimits Sandbox::Impl::group_limits() const {
  const Limits& limits = plan.spec.limits;
  CgroupLimits wanted;
  if (plan.cgroups.memory) wanted.memory = limits.memory;
  if (plan.cgroups.cpu) wanted.cpus = limits.cpus;
  if (plan.cgroups.pids) wanted.pids = limits.pids;
  wanted.freezer = plan.spec.freezer && plan.cgroups.freezer;
  return wanted;
}

// The first process can only be born into a group of version 2 that is there. Those of version 1 it joins by itself, so
// they are made while it sets other things up.
bool Sandbox::Impl::groups_come_first() const {
  const CgroupLimits wanted = group_limits();
  const CgroupHost& host = plan.cgroups;
  return (wanted.memory && host.memory.version == 2) || (wanted.cpus && host.cpu.version == 2) ||
         (wanted.pids && host.pids.version == 2) || (wanted.freezer && host.freezer.version == 2);
}

// The janitor stands by before there is anything to remove, since this process may be killed at any moment; where the
// groups come first there is nothing yet that it could wait for.
void Sandbox::Impl::make_groups() {
  static std::atomic<unsigned> number{0};
  const CgroupLimits wanted = group_limits();
  if (!wanted.memory && !wanted.cpus && !wanted.pids && !wanted.freezer) return;
  const std::string name = cgroup_name(std::to_string(number++));
  if (init_pidfd) stand_by(Cgroup::paths_for(plan.cgroups, name, wanted));
  cgroup.emplace(Cgroup::make(plan.cgroups, name, wanted));
  times.add("cgroups");
}

void Sandbox::Impl::stand_by(const std::vector<std::string>& groups) {
  janitor = Janitor(child_memory, init_pidfd.get(), groups);
  times.add("janitor");
}

std::optional<sys::Fd> Sandbox::Impl::receive() {
  if (!handoff) fail(Kind::internal, "the sandbox has no descriptor to pass");
  if (!is_ready_within(handoff.get(), set_up_patience)) return std::nullopt;
  char byte = 0;
  sys::ReceivedWithFds received;
  do received = sys::receive_with_fds(handoff.get(), {&byte, 1}, 1);
  while (received.error == EINTR);
  if (received.size != 1 || !received.is_whole || received.fds.empty()) return std::nullopt;
  return std::move(received.fds.front());
}

void Sandbox::Impl::note_end() {
  EndRecord record;
  ssize_t got = 0;
  while ((got = read(result.read.get(), &record, sizeof record)) < 0 && errno == EINTR) continue;
  End end;
  if (launch.failed.load(std::memory_order_acquire)) {
    end.how = End::How::not_started;
    end.error = explain(launch.failure, plan);
  } else if (got == ssize_t(sizeof record)) {
    end.how = End::How::command_ended;
    end.record = record;
  }
  ended = std::move(end);
}

// False if something is left after the patience. The pidfd of init is readable when the kernel has ended all processes
// of the namespace, and for that it waits until we have reaped those of them that are children of ours.
bool Sandbox::Impl::end_all() {
  sys::raw_syscall(SYS_pidfd_send_signal, init_pidfd.get(), SIGKILL, nullptr, 0);
  exec_processes.kill();
  if (cgroup) {
    try {
      cgroup->thaw();  // what version 1 has frozen does not die
    } catch (const Error&) {
      cgroup->kill();
    }
  }
  const auto end = Clock::now() + kill_patience;
  for (;;) {
    exec_processes.reap();
    std::vector<pollfd> watched{{init_pidfd.get(), POLLIN, 0}};
    exec_processes.watch(watched);
    const auto remaining = std::chrono::ceil<milliseconds>(end - Clock::now()).count();
    poll(watched.data(), watched.size(), static_cast<int>(std::max(remaining, milliseconds::rep{0})));
    if (watched.front().revents != 0) return true;
    if (remaining <= 0) return false;
  }
}

Sandbox::Impl::~Impl() {
  if (left) return;
  if (init > 0) {
    if (!end_all()) {
      leave();
      return;
    }
    int status = 0;
    while (waitpid(init, &status, 0) < 0 && errno == EINTR) continue;
  }
  janitor.finish();
  if (cgroup) cgroup->release();
}

Sandbox::Sandbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox::~Sandbox() = default;

Sandbox Sandbox::start(const Plan& plan, const Streams& streams, PoolTicket ticket) {
  auto impl = std::make_unique<Impl>(plan);
  impl->prepare(streams);
  const bool groups_first = impl->groups_come_first();
  if (groups_first) impl->make_groups();
  std::optional<PooledNamespaces> pooled = ticket.collect();
  impl->times.add("pool");
  {
    const SignalsBlocked blocked;
    impl->spawn(std::move(pooled));
  }
  // From here on all that can go wrong ends the sandbox: the destructor kills it.
  impl->result.write.reset();
  impl->go.read.reset();
  impl->go.write.reset();
  impl->handoff_there.reset();
  impl->write_id_maps();
  impl->launch.ids.open();
  impl->times.add("id maps");
  if (!groups_first) impl->make_groups();
  if (impl->cgroup) {
    if (groups_first) impl->stand_by(impl->cgroup->paths());
    impl->launch.task_files = impl->cgroup->task_files();
  }
  impl->launch.ignored_signals = ignored_signals();
  impl->launch.groups.open();
  return Sandbox(std::move(impl));
}

int Sandbox::end_fd() const {
  return impl_->result.read.get();
}

const std::optional<End>& Sandbox::end() {
  if (!impl_->ended && is_ready_within(end_fd(), 0ms)) impl_->note_end();
  return impl_->ended;
}

void Sandbox::Impl::leave() {
  left = true;
  child_memory.abandon();
  janitor.leave();
  if (cgroup) cgroup->release();
}

bool Sandbox::wait_until_up() {
  impl_->wait_until_inside();
  return impl_->launch.inside.is_open();
}

const End& Sandbox::wait() {
  if (!impl_->ended) impl_->note_end();
  return *impl_->ended;
}

pid_t Sandbox::init_pid() const {
  return impl_->init;
}

pid_t Sandbox::command_pid_here() const {
  return child_of(impl_->init);
}

void Sandbox::Impl::wait_until_inside() {
  const auto end = Clock::now() + set_up_patience;
  while (!launch.inside.wait_for(1ms)) {
    if (is_ready_within(result.read.get(), 0ms) || Clock::now() >= end) break;
  }
}

ExecProcess::Target Sandbox::exec_target() {
  impl_->wait_until_inside();
  if (const auto& ended = end()) {
    if (ended->error) throw Error(*ended->error);
    fail(Kind::not_found, "the sandbox has ended");
  }
  if (!impl_->launch.inside.is_open())
    fail(Kind::timeout, "the sandbox was not set up within {}", human_duration(set_up_patience));
  return {.init_pidfd = impl_->init_pidfd.get(),
          .cgroup = impl_->cgroup ? &*impl_->cgroup : nullptr,
          .namespaces = impl_->plan.namespaces,
          .exec_processes = &impl_->exec_processes};
}

InsideSockets Sandbox::make_sockets() const {
  return make_inside_sockets(impl_->init_pidfd.get(), impl_->plan.namespaces);
}

void Sandbox::signal(int number) const {
  sys::raw_syscall(SYS_pidfd_send_signal, impl_->init_pidfd.get(), number, nullptr, 0);
}

bool Sandbox::kill() {
  return impl_->end_all();
}

void Sandbox::freeze() {
  if (impl_->cgroup && impl_->cgroup->freeze()) return;
  for (const pid_t pid : descendants_of(impl_->init)) ::kill(pid, SIGSTOP);
}

void Sandbox::thaw() {
  if (impl_->cgroup && impl_->cgroup->thaw()) return;
  for (const pid_t pid : descendants_of(impl_->init)) ::kill(pid, SIGCONT);
}

std::optional<sys::Fd> Sandbox::take_terminal() {
  return impl_->receive();
}

std::optional<sys::Fd> Sandbox::take_listener() {
  return impl_->receive();
}

void Sandbox::leave() {
  impl_->leave();
}

}  // namespace fn::sandbox
