// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/cgroup/cgroup.hpp"
#include "sandbox/child/init_protocol.hpp"
#include "sandbox/exec_process.hpp"
#include "sandbox/inside_sockets.hpp"
#include "sandbox/plan/plan.hpp"
#include "sandbox/pool_client.hpp"
#include "sandbox/process_tree.hpp"
#include "sandbox/timing.hpp"
#include "sys/fd.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// How a sandbox ended.
struct End {
  enum class How {
    command_ended,  // `record` has its wait status
    not_started,    // `error` says which step failed
    killed,         // from outside, with all in it
  };
  How how = How::killed;
  EndRecord record = {};
  std::optional<Error> error = {};
};

// A running sandbox: a first process (init) with the command as its child, in namespaces of their own. When init ends,
// and it ends with the command or with the process that made the sandbox, the kernel ends all others and takes down
// mounts and namespaces. Control groups are removed by a process that waits for that (janitor.hpp).
//
// The thread that calls start() must live as long as the sandbox (prctl(2), PR_SET_PDEATHSIG).
class Sandbox {
 public:
  // Descriptors of the caller for the command's fds 0 to 2. Not used with Spec::terminal.
  using Streams = std::array<int, 3>;

  // Returns as soon as the first process is on its way; later failures are reported by end(). `plan` must outlive the
  // object. Throws earlier ones: failure, unsupported, usage. `ticket` is for the plan's pool_key(); if it provides
  // nothing, or nothing that can be entered, all namespaces are created here.
  static Sandbox start(const Plan& plan, const Streams& streams, PoolTicket ticket = {});

  Sandbox(Sandbox&&) noexcept;
  Sandbox& operator=(Sandbox&&) = delete;
  // Kills all processes, waits until they are gone and removes the control groups. What does not die within 5 s, since
  // it waits for a device or a server, is left to the janitor.
  ~Sandbox();

  // Readable when end() has an answer.
  int end_fd() const;
  // How it ended; nothing while it runs. Reads end_fd(); later calls return the same answer.
  const std::optional<End>& end();
  // Returns when it can be entered; false if it gave up (end() says why), or is not up after 10 s.
  bool wait_until_up();
  // Blocks until it has ended.
  const End& wait();

  // The first process, as this process's pid namespace knows it.
  pid_t init_pid() const;
  // The command's process in our pid namespace; 0 once it is gone.
  pid_t command_pid_here() const;
  // What another command needs to join it, valid as long as this object. Waits until the first process has left the
  // host's file system; throws the error that prevented that, timeout after 10 s.
  ExecProcess::Target exec_target();
  // In its network, which must be its own; from start() on, though nobody listens there yet. Throws not_found once it
  // has ended, failure.
  InsideSockets make_sockets() const;
  // Sends a signal to the command; no effect if it has ended.
  void signal(int number) const;
  // Sends SIGKILL to all processes; returns when none is left. False if some are left after 5 s.
  bool kill();
  // Stops or continues every process, by the freezer or, without one, by SIGSTOP to each. Throws timeout.
  void freeze();
  void thaw();

  // The descriptors requested by Spec::terminal and Spec::listen_port, once; wait until the sandbox has sent them, for
  // 10 s at most. Nothing if it gave up before that.
  std::optional<sys::Fd> take_terminal();
  std::optional<sys::Fd> take_listener();

  struct Usage {
    std::optional<Bytes> peak_memory;
    bool peak_is_approximate = false;  // of the largest process, not of all together
    std::uint64_t oom_kills = 0;
    std::optional<std::chrono::microseconds> cpu;
  };
  // Usage so far, of its control groups or, without them, of its command only.
  Usage usage() const;
  // Of Usage, alone.
  std::uint64_t oom_kills() const;
  // Of all its processes now, from /proc: for hosts without a memory controller.
  Footprint footprint() const;

  // The actual state of each wall. Call it once the start is known to have succeeded.
  std::vector<WallState> walls() const;
  Timing timing() const;
  // Its network namespace came from the pool.
  bool is_pooled() const;

  // Detaches: teardown continues without this process, which is about to exit.
  void leave();

 private:
  struct Impl;
  explicit Sandbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::sandbox
