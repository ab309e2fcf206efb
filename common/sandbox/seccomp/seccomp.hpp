// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <vector>

// System call filters (seccomp(2), kernel Documentation/userspace-api/seccomp_filter.rst).
namespace fn::sandbox::seccomp {

// The kernel's action for a call: a SECCOMP_RET_* value, its data in the low 16 bits.
struct Action {
  std::uint32_t value;
  friend constexpr bool operator==(Action, Action) = default;
};
constexpr Action allow{SECCOMP_RET_ALLOW};
constexpr Action kill_process{SECCOMP_RET_KILL_PROCESS};
constexpr Action refuse(int errno_value) {
  return {SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(errno_value) & SECCOMP_RET_DATA)};
}

enum class Compare { equal, not_equal, less, less_equal, greater_equal, greater, masked_equal };

// On argument 0 to 5 as an unsigned 64-bit number. masked_equal: (argument & mask) == (value & mask); what the kernel
// takes as an int is compared with the mask 0xffffffff, since the upper half of the register may hold anything.
struct Condition {
  unsigned argument;
  Compare compare;
  std::uint64_t value;
  std::uint64_t mask = ~std::uint64_t{0};
  friend constexpr bool operator==(const Condition&, const Condition&) = default;
};

// Holds if all its conditions do.
struct Rule {
  std::vector<Condition> conditions;
  Action action;
  friend constexpr bool operator==(const Rule&, const Rule&) = default;
};

// One system call: the first rule that holds, else `action`.
struct Call {
  std::uint32_t number;
  Action action;
  std::vector<Rule> rules = {};
};

// Decides about every system call of this processor's own ABI. Another ABI's calls kill the process, except x32
// ones (bit 30), which get ENOSYS; -1, by which tracers skip a call, passes (and is ENOSYS in the kernel).
struct Policy {
  Action unlisted;          // for numbers up to `newest` that are not in `calls`
  Action newer;             // above it
  std::uint32_t newest;     // the highest number known to the author, below 2^30
  std::vector<Call> calls;  // in ascending order, each number once, all below 2^30
};

// The mildest that happens to any call with this number, in the kernel's order: killing is worse than an error, and
// that worse than passing.
Action mildest(const Policy& policy, std::uint32_t number);
// The call is made, or it fails; it kills nobody.
constexpr bool passes(Action action) {
  return action.value == SECCOMP_RET_ALLOW || action.value == SECCOMP_RET_LOG;
}
constexpr bool is_survived(Action action) {
  return passes(action) || (action.value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

// A program for SECCOMP_SET_MODE_FILTER.
struct Filter {
  std::vector<sock_filter> program;
};

// AUDIT_ARCH_* of the processor that this was built for.
#if defined(__x86_64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_AARCH64;
#else
#error "no system call tables for this processor"
#endif

}  // namespace fn::sandbox::seccomp
