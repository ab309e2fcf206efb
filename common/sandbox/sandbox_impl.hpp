// SPDX-License-Identifier: Apache-2.0
// What a Sandbox is made of; for sandbox.cpp, which starts and ends it, and sandbox_facts.cpp, which tells what it is.
#pragma once

#include "sandbox/child/launch.hpp"
#include "sandbox/child_memory.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/plan/ruleset.hpp"
#include "sandbox/sandbox.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fn::sandbox {

struct Sandbox::Impl {
  explicit Impl(const Plan& the_plan) : plan(the_plan), launch(the_plan) { times.wanted = plan.spec.timed; }
  Impl(const Impl&) = delete;
  ~Impl();

  void prepare(const Streams& streams);
  void spawn(std::optional<PooledNamespaces> pooled);
  void write_id_maps() const;
  CgroupLimits group_limits() const;
  bool groups_come_first() const;
  void make_groups();
  void stand_by(const std::vector<std::string>& groups);
  std::optional<sys::Fd> receive();
  void note_end();
  bool end_all();
  void leave();
  void wait_until_inside();

  const Plan& plan;
  Launch launch;
  std::unique_ptr<landlock::Ruleset> ruleset;
  ChildMemory child_memory;
  sys::Pipe result;
  sys::Pipe go;
  sys::Fd handoff;
  sys::Fd handoff_there;
  pid_t init = 0;
  sys::Fd init_pidfd;
  ExecProcesses exec_processes;
  std::optional<Cgroup> cgroup;
  Janitor janitor;
  Stamps times;
  std::optional<End> ended;
  bool left = false;
};

}  // namespace fn::sandbox
