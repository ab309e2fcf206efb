// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/cgroup/cgroup.hpp"
#include "sandbox/child/init_protocol.hpp"
#include "sandbox/plan/plan.hpp"
#include "sys/fd.hpp"

#include <array>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// The part of a sandbox's plan that another command needs: the lockdown, for `command` in `working_dir`.
Plan plan_exec(const Plan& plan, std::vector<std::string> command, std::vector<std::string> environment,
               std::string working_dir);

class ExecProcesses;

// A command that was started in a sandbox after its first one, behind the same walls except the time namespace
// (setns(2) has no way into one for a process that shares memory). Killed and reaped by the destructor unless waited
// for.
class ExecProcess {
 public:
  struct Target {
    int init_pidfd = -1;                      // of the sandbox's first process
    const Cgroup* cgroup = nullptr;           // its groups, if it has any
    unsigned long namespaces = 0;             // CLONE_NEW* that it has of its own
    ExecProcesses* exec_processes = nullptr;  // of the sandbox
  };
  using Streams = std::array<int, 3>;

  // `terminal` is the slave side of a pseudo-terminal, or -1; it becomes fds 0 to 2 and the controlling terminal.
  // Descriptors are borrowed; `plan` must outlive the object. Throws unsupported, failure; not_found if the sandbox is
  // gone.
  ExecProcess(const Plan& plan, const Target& target, const Streams& streams, int terminal);
  ExecProcess(ExecProcess&&) noexcept;
  ~ExecProcess();

  int pidfd() const;  // readable when the command has ended
  void signal(int number) const;
  // How the command ended; nothing while it runs. An Error if it could not be executed.
  std::optional<EndRecord> end();

 private:
  friend class ExecProcesses;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// The commands that were started in one sandbox. Each is a child of ours, and a member of the sandbox's pid namespace:
// when init ends, the kernel has it wait until we have reaped all of them (pid_namespaces(7)). Whoever waits for init
// reaps these meanwhile.
class ExecProcesses {
 public:
  // SIGKILL to all.
  void kill() const;
  // Takes the status of those that have ended; ExecProcess::end() has it from then on.
  void reap() const;
  // Adds the pidfd of each that runs.
  void watch(std::vector<pollfd>& set) const;

 private:
  friend class ExecProcess;
  std::vector<std::weak_ptr<ExecProcess::Impl>> processes_;
};

}  // namespace fn::sandbox
