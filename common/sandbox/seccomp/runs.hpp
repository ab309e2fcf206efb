// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "sandbox/seccomp/seccomp.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

// What compile() (compile.hpp) consists of.
namespace fn::sandbox::seccomp::compiling {

constexpr std::uint32_t x32_bit = 0x40000000;
constexpr std::uint32_t skipped_call = 0xffffffff;

// Neighbouring numbers that have the same fate: from `first` to the next run.
struct Run {
  std::uint32_t first;
  Action action;
  std::span<const Rule> rules;

  constexpr bool same_fate(const Run& other) const {
    return action == other.action && std::equal(rules.begin(), rules.end(), other.rules.begin(), other.rules.end());
  }
};

class Runs {
 public:
  explicit constexpr Runs(const Policy& policy) {
    if (policy.newest >= x32_bit) fail(Kind::internal, "system calls are out of order");
    runs_.reserve(policy.calls.size() / 2);
    std::uint32_t next = 0;
    for (const Call& call : policy.calls) {
      if (call.number < next || call.number >= x32_bit) fail(Kind::internal, "system calls are out of order");
      gap(policy, next, call.number);
      add({call.number, call.action, call.rules});
      next = call.number + 1;
    }
    gap(policy, next, skipped_call);
    if constexpr (native_arch == AUDIT_ARCH_X86_64) add({x32_bit, refuse(ENOSYS), {}});
    add({skipped_call, allow, {}});
  }

  constexpr std::vector<Run> take() { return std::move(runs_); }

 private:
  constexpr void add(const Run& run) {
    if (runs_.empty() || !runs_.back().same_fate(run)) runs_.push_back(run);
  }

  // The numbers in [from, to), which are not listed.
  constexpr void gap(const Policy& policy, std::uint32_t from, std::uint32_t to) {
    if (from >= to) return;
    if (from <= policy.newest) add({from, policy.unlisted, {}});
    if (to > policy.newest + 1) add({std::max(from, policy.newest + 1), policy.newer, {}});
  }

  std::vector<Run> runs_;
};

// The end of a branch: a run, and perhaps one number in the midst of it that has a fate of its own. A comparison for
// equality cuts that out at half the cost of two bounds.
struct Leaf {
  const Run* run;
  const Run* exception;
};

constexpr std::vector<Leaf> make_leaves(const std::vector<Run>& runs) {
  std::vector<Leaf> leaves;
  leaves.reserve(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool cut_out =
        i + 2 < runs.size() && runs[i + 2].first == runs[i + 1].first + 1 && runs[i].same_fate(runs[i + 2]);
    leaves.push_back({&runs[i], cut_out ? &runs[i + 1] : nullptr});
    if (cut_out) i += 2;
  }
  return leaves;
}

}  // namespace fn::sandbox::seccomp::compiling
