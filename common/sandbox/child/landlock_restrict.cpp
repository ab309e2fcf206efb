// SPDX-License-Identifier: Apache-2.0
// The part of landlock::Ruleset that runs in the command's process.
#include "sandbox/plan/landlock.hpp"
#include "sys/raw_syscall.hpp"

#include <cerrno>
#include <fcntl.h>

namespace fn::sandbox::landlock {

using sys::raw_syscall;

namespace {

// linux/landlock.h
constexpr int rule_path_beneath = 1;
constexpr int rule_net_port = 2;

struct __attribute__((packed)) PathBeneath {
  std::uint64_t access;
  std::int32_t parent;
};

}  // namespace

Outcome Ruleset::restrict() const noexcept {
  const long created = raw_syscall(SYS_landlock_create_ruleset, &handled_, handled_size_, 0);
  if (created < 0) return {Step::create, created};
  const int ruleset = static_cast<int>(created);
  Outcome outcome = fill(ruleset);
  if (outcome.step == Step::done)
    if (const long result = raw_syscall(SYS_landlock_restrict_self, ruleset, restrict_flags_); result < 0)
      outcome = {Step::restrict, result};
  raw_syscall(SYS_close, ruleset);
  return outcome;
}

Outcome Ruleset::fill(int ruleset) const noexcept {
  for (const PathRight& right : paths_)
    if (const Outcome outcome = add(ruleset, right); outcome.step != Step::done) return outcome;
  for (const PortRight& right : ports_) {
    const std::uint64_t attributes[2] = {right.access, right.port};
    const long result = raw_syscall(SYS_landlock_add_rule, ruleset, rule_net_port, &attributes, 0);
    if (result < 0) return {Step::add_port, result};
  }
  return {Step::done, 0};
}

Outcome Ruleset::add(int ruleset, const PathRight& right) noexcept {
  const long opened = raw_syscall(SYS_openat, AT_FDCWD, right.path, O_PATH | O_CLOEXEC);
  if (opened == -ENOENT) return {Step::done, 0};
  if (opened < 0) return {Step::open, opened};
  PathBeneath attributes{right.access, static_cast<std::int32_t>(opened)};
  long result = raw_syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &attributes, 0);
  if (result == -EINVAL) {
    attributes.access = right.access_to_file;
    result = raw_syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &attributes, 0);
  }
  raw_syscall(SYS_close, opened);
  return result < 0 ? Outcome{Step::add_path, result} : Outcome{Step::done, 0};
}

}  // namespace fn::sandbox::landlock
