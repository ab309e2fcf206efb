// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/cgroup.hpp"
#include "sandbox/init_protocol.hpp"
#include "sandbox/plan.hpp"
#include "sys/fd.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// What another command in a sandbox needs of its plan: the lockdown, for `command` in `working_dir`.
Plan plan_entry(const Plan& plan, std::vector<std::string> command, std::vector<std::string> environment,
                std::string working_dir);

// A command that was started in a sandbox after its first one, behind the same walls except the time namespace
// (setns(2) has no way into one for a process that shares memory). Killed and reaped by the destructor unless waited
// for.
class Entry {
 public:
  struct Where {
    int init_pidfd = -1;             // of the sandbox's first process
    const Cgroup* cgroup = nullptr;  // its groups, if it has any
    unsigned long namespaces = 0;    // CLONE_NEW* that it has of its own
  };
  using Streams = std::array<int, 3>;

  // `terminal` is the slave side of a pseudo-terminal, or -1; it becomes fds 0 to 2 and the controlling terminal.
  // Descriptors are borrowed; `plan` must outlive the object. Throws unsupported, failure; not_found if the sandbox is
  // gone.
  Entry(const Plan& plan, const Where& where, const Streams& streams, int terminal);
  Entry(Entry&&) noexcept;
  ~Entry();

  int pidfd() const;  // readable when the command has ended
  void signal(int number) const;
  // How the command ended; nothing while it runs. An Error if it could not be executed.
  std::optional<EndRecord> end();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::sandbox
