// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/seccomp/seccomp.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <doctest/doctest.h>

namespace fn::sandbox::seccomp::test {

// What a policy says, by reading it from top to bottom: the oracle for the compiled program.
inline bool holds(const Condition& condition, std::uint64_t argument) {
  switch (condition.compare) {
    case Compare::equal:
      return argument == condition.value;
    case Compare::not_equal:
      return argument != condition.value;
    case Compare::less:
      return argument < condition.value;
    case Compare::less_equal:
      return argument <= condition.value;
    case Compare::greater_equal:
      return argument >= condition.value;
    case Compare::greater:
      return argument > condition.value;
    case Compare::masked_equal:
      return (argument & condition.mask) == (condition.value & condition.mask);
  }
  return false;
}

inline bool holds(const Rule& rule, const std::array<std::uint64_t, 6>& arguments) {
  for (const Condition& condition : rule.conditions)
    if (!holds(condition, arguments[condition.argument])) return false;
  return true;
}

inline Action decide(const Policy& policy, std::uint32_t arch, std::uint32_t number,
                     const std::array<std::uint64_t, 6>& arguments) {
  if (arch != native_arch) return kill_process;
  if (number == 0xffffffff) return allow;
  if (native_arch == AUDIT_ARCH_X86_64 && number >= 0x40000000) return refuse(ENOSYS);
  for (const Call& call : policy.calls) {
    if (call.number != number) continue;
    for (const Rule& rule : call.rules)
      if (holds(rule, arguments)) return rule.action;
    return call.action;
  }
  return number <= policy.newest ? policy.unlisted : policy.newer;
}

// A program's answer to a call, and how many instructions it took.
struct Run {
  Action action;
  unsigned steps;
};

// Interprets the instructions that filters of ours consist of (kernel Documentation/networking/filter.rst).
inline Run run(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t accumulator = 0;
  std::size_t at = 0;
  for (unsigned steps = 1; steps <= program.size(); ++steps) {
    REQUIRE(at < program.size());
    const sock_filter& step = program[at++];
    bool yes = false;
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        REQUIRE(step.k % 4 == 0);
        REQUIRE(step.k + 4 <= sizeof data);
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + step.k, 4);
        continue;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= step.k;
        continue;
      case BPF_JMP | BPF_JA:
        at += step.k;
        continue;
      case BPF_RET | BPF_K:
        return {{step.k}, steps};
      case BPF_JMP | BPF_JEQ | BPF_K:
        yes = accumulator == step.k;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        yes = accumulator >= step.k;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        yes = accumulator > step.k;
        break;
      default:
        FAIL("instruction " << step.code);
    }
    at += yes ? step.jt : step.jf;
  }
  FAIL("no end");
  return {kill_process, 0};
}

inline Run run(const std::vector<sock_filter>& program, std::uint32_t arch, std::uint32_t number,
               const std::array<std::uint64_t, 6>& arguments) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = arch;
  for (std::size_t i = 0; i < arguments.size(); ++i) data.args[i] = arguments[i];
  return run(program, data);
}

}  // namespace fn::sandbox::seccomp::test
