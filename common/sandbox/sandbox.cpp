// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.hpp"

#include "base/text.hpp"
#include "sandbox/init_image.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/launch.hpp"
#include "sandbox/process_tree.hpp"
#include "sandbox/ruleset.hpp"
#include "sandbox/spawn_pooled.hpp"
#include "sys/file.hpp"

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

std::string id_map(const std::vector<IdMap>& map) {
  std::string text;
  for (const IdMap& range : map) text += fmt::format("{} {} {}\n", range.inside, range.outside, range.count);
  return text;
}

// Files of a process that may have given up already: then its own account of it is the better one.
bool write_for(pid_t pid, const char* name, std::string_view text) {
  const std::string path = fmt::format("/proc/{}/{}", pid, name);
  const sys::Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), text.data(), text.size()) == ssize_t(text.size());
}

// Readable, or at its end.
bool is_ready_within(int fd, int milliseconds) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, milliseconds) > 0;
}

}  // namespace

struct Sandbox::Impl {
  explicit Impl(const Plan& the_plan) : plan(the_plan), launch(the_plan) {}
  Impl(const Impl&) = delete;
  ~Impl();

  void prepare(const Streams& streams);
  void spawn(std::optional<Pooled> pooled);
  void write_id_maps() const;
  CgroupLimits group_limits() const;
  bool groups_come_first() const;
  void make_groups();
  void stand_by(const std::vector<std::string>& groups);
  std::optional<sys::Fd> receive();
  void note_end();
  void wait_until_gone() const;
  void wait_until_inside();

  const Plan& plan;
  Launch launch;
  std::unique_ptr<landlock::Ruleset> ruleset;
  Nursery nursery;
  sys::Pipe result;
  sys::Pipe go;
  sys::Fd handoff;
  sys::Fd handoff_there;
  pid_t init = 0;
  sys::Fd init_pidfd;
  std::optional<Cgroup> cgroup;
  Janitor janitor;
  Stamps times;
  std::optional<End> ended;
  bool left = false;
};

void Sandbox::Impl::prepare(const Streams& streams) {
  times.add("begin");
  result = sys::make_pipe();
  go = sys::make_pipe();
  if (plan.spec.terminal || plan.spec.listen_port) {
    int ends[2];
    sys::check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "cannot make a socket pair");
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
  launch.handoff = handoff_there.get();
  launch.streams = streams;
  launch.command_stack = nursery.command_stack();
  if (plan.uids.empty()) launch.ids.open();
  ruleset = make_ruleset(plan);
  launch.ruleset = ruleset.get();
  times.add("prepare");
}

void Sandbox::Impl::spawn(std::optional<Pooled> pooled) {
  int pidfd = -1;
  if (cgroup) launch.cgroup = cgroup->v2_fd();
  long pid = -ENOENT;
  if (pooled) pid = spawn_pooled(launch, nursery, *pooled, pidfd);
  if (pid < 0) pid = start_first_process(launch, plan.namespaces, nursery.first_stack(), pidfd);
  if (pid == -EPERM || pid == -ENOSPC || pid == -EUSERS)
    fail_hint(Kind::unsupported, "'fnrun doctor' says which setting forbids it",
              "this host does not let us make namespaces: {}", std::strerror(static_cast<int>(-pid)));
  if (pid < 0) sys::fail_errno(static_cast<int>(-pid), "cannot start a process");
  init = static_cast<pid_t>(pid);
  init_pidfd = sys::Fd(pidfd);
  times.add("clone");
}

void Sandbox::Impl::write_id_maps() const {
  if (plan.uids.empty() || launch.has_ids) return;
  if (plan.deny_setgroups) write_for(init, "setgroups", "deny");
  const bool written = write_for(init, "gid_map", id_map(plan.gids)) && write_for(init, "uid_map", id_map(plan.uids));
  if (written || launch.failed.load(std::memory_order_acquire)) return;
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
  janitor = Janitor(nursery, init_pidfd.get(), groups);
  times.add("janitor");
}

std::optional<sys::Fd> Sandbox::Impl::receive() {
  if (!handoff) fail(Kind::internal, "the sandbox has no descriptor to hand over");
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = 0;
  while ((got = recvmsg(handoff.get(), &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
  const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return std::nullopt;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return sys::Fd(fd);
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

void Sandbox::Impl::wait_until_gone() const {
  int status = 0;
  while (waitpid(init, &status, 0) < 0 && errno == EINTR) continue;
}

Sandbox::Impl::~Impl() {
  if (left) return;
  if (init > 0) {
    raw_syscall(SYS_pidfd_send_signal, init_pidfd.get(), SIGKILL, nullptr, 0);
    if (cgroup) {
      try {
        cgroup->thaw();  // what version 1 has frozen does not die
      } catch (const Error&) {
        cgroup->kill();
      }
    }
    wait_until_gone();
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
  std::optional<Pooled> pooled = ticket.collect();
  impl->times.add("pool");
  {
    const SignalsBlocked blocked;
    impl->spawn(std::move(pooled));
  }
  // From here on all that can go wrong ends the sandbox: the destructor kills it.
  impl->result.write.reset();
  if (!plan.spec.idle) impl->go.read.reset();
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
  impl->launch.groups.open();
  return Sandbox(std::move(impl));
}

int Sandbox::end_fd() const {
  return impl_->result.read.get();
}

const std::optional<End>& Sandbox::end() {
  if (!impl_->ended && is_ready_within(end_fd(), 0)) impl_->note_end();
  return impl_->ended;
}

bool Sandbox::wait_until_up() {
  impl_->wait_until_inside();
  return impl_->launch.inside.load(std::memory_order_acquire);
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
  // Without a command nobody else takes the byte by which init says that it is ready. An end of file: it never will be.
  char byte = 0;
  if (go.read && is_ready_within(go.read.get(), -1) && read(go.read.get(), &byte, 1) == 1) {
    go.read.reset();
    launch.inside.store(true, std::memory_order_release);
  }
  while (!launch.inside.load(std::memory_order_acquire)) {
    if (is_ready_within(result.read.get(), 1)) break;
  }
}

Entry::Where Sandbox::entrance() {
  impl_->wait_until_inside();
  if (const auto& ended = end()) {
    if (ended->error) throw Error(*ended->error);
    fail(Kind::not_found, "the sandbox has ended");
  }
  return {.init_pidfd = impl_->init_pidfd.get(),
          .cgroup = impl_->cgroup ? &*impl_->cgroup : nullptr,
          .namespaces = impl_->plan.namespaces};
}

void Sandbox::signal(int number) const {
  raw_syscall(SYS_pidfd_send_signal, impl_->init_pidfd.get(), number, nullptr, 0);
}

void Sandbox::kill() {
  raw_syscall(SYS_pidfd_send_signal, impl_->init_pidfd.get(), SIGKILL, nullptr, 0);
  if (impl_->cgroup) impl_->cgroup->thaw();
  // Readable when the kernel has ended all processes of the namespace, which it does before init itself is gone.
  pollfd watched{impl_->init_pidfd.get(), POLLIN, 0};
  while (poll(&watched, 1, -1) < 0 && errno == EINTR) continue;
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

Sandbox::Usage Sandbox::usage() const {
  Usage usage;
  if (impl_->cgroup) {
    usage.peak_memory = impl_->cgroup->memory_peak();
    usage.oom_kills = impl_->cgroup->oom_kills().value_or(0);
    usage.cpu = impl_->cgroup->cpu_time();
  }
  if (!usage.peak_memory && impl_->ended) {
    usage.peak_memory = Bytes{impl_->ended->record.max_rss_kib} * KiB;
    usage.peak_is_approximate = true;
  }
  if (!usage.cpu && impl_->ended)
    usage.cpu = std::chrono::microseconds(impl_->ended->record.user_us + impl_->ended->record.system_us);
  return usage;
}

Bytes Sandbox::resident() const {
  Bytes total = 0;
  for (const pid_t pid : descendants_of(impl_->init)) total += resident_bytes(pid);
  return total;
}

std::vector<WallState> Sandbox::walls() const {
  std::vector<WallState> walls = impl_->plan.walls;
  for (WallState& state : walls) {
    if (state.wall == Wall::proc && impl_->launch.proc_refused)
      state = {state.wall, WallState::Level::approximate,
               "the kernel refuses a fresh procfs where the visible one is covered; a few of its files are there"};
    if (impl_->launch.fell.at(static_cast<std::size_t>(state.wall)).load(std::memory_order_relaxed))
      state = {state.wall, WallState::Level::down, "this kernel did not allow it"};
  }
  return walls;
}

bool Sandbox::is_pooled() const {
  return impl_->launch.pooled_network;
}

Timing Sandbox::timing() const {
  Timing timing;
  const auto add = [&](std::string_view by, const Stamps& stamps, std::uint64_t from) {
    for (std::size_t n = 0; n < stamps.count; ++n) {
      const Stamps::Stamp& stamp = stamps.stamps.at(n);
      if (stamp.at >= from && n + (by != "tool") > 0)
        timing.lines.push_back({by, stamp.what, (stamp.at - from) / 1000});
      from = stamp.at;
    }
  };
  const std::uint64_t begin = impl_->times.stamps.front().at;
  add("tool", impl_->times, begin);
  add("init", impl_->launch.init_times, begin);
  add("command", impl_->launch.command_times, begin);
  const Stamps& command = impl_->launch.command_times;
  if (command.count > 0) timing.to_command_us = (command.stamps.at(command.count - 1).at - begin) / 1000;
  return timing;
}

void Sandbox::leave() {
  impl_->left = true;
  impl_->nursery.abandon();
  impl_->janitor.leave();
  if (impl_->cgroup) impl_->cgroup->release();
}

}  // namespace fn::sandbox
