// SPDX-License-Identifier: Apache-2.0
// From a policy to a program of classic BPF:
//
//   Runs         all numbers from 0 to 2^32-1 as runs of neighbours that have the same fate
//   make_leaves  a run that one odd number cuts in two becomes one leaf with an exception
//   tree         a balanced search tree over the leaves; at each leaf the rules of a call, then a return
//
// First of all the program compares the architecture: a number must never be looked up in the table of another ABI.
//
// The compiler can do all of it, as it does for the default profile.
#pragma once

#include "base/error.hpp"
#include "sandbox/seccomp/program_writer.hpp"
#include "sandbox/seccomp/runs.hpp"
#include "sandbox/seccomp/seccomp.hpp"

#include <cstddef>
#include <cstdint>
#include <linux/filter.h>
#include <span>

namespace fn::sandbox::seccomp {
namespace compiling {

using Label = ProgramWriter::Label;

constexpr auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); };
constexpr auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };

constexpr Label load(ProgramWriter& writer, std::size_t offset) {
  return writer.statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// Both supported processors are little-endian.
constexpr std::size_t low_half(unsigned argument) {
  return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t);
}
constexpr std::size_t high_half(unsigned argument) {
  return low_half(argument) + sizeof(std::uint32_t);
}

constexpr Label masked_half(ProgramWriter& writer, std::size_t offset, std::uint32_t mask, std::uint32_t value,
                            Label yes, Label no) {
  if (mask == 0) return yes;
  writer.jump(BPF_JEQ, value & mask, yes, no);
  if (mask != ~std::uint32_t{0}) writer.statement(BPF_ALU | BPF_AND | BPF_K, mask);
  return load(writer, offset);
}

// argument > value, or >= value.
constexpr Label above(ProgramWriter& writer, const Condition& condition, bool or_equal, Label yes, Label no) {
  writer.jump(or_equal ? BPF_JGE : BPF_JGT, low(condition.value), yes, no);
  const Label low_half_decides = load(writer, low_half(condition.argument));
  const Label not_greater = writer.jump(BPF_JEQ, high(condition.value), low_half_decides, no);
  writer.jump(BPF_JGT, high(condition.value), yes, not_greater);
  return load(writer, high_half(condition.argument));
}

constexpr Label masked_equal(ProgramWriter& writer, const Condition& condition, std::uint64_t mask, Label yes,
                             Label no) {
  const unsigned argument = condition.argument;
  const Label rest = masked_half(writer, low_half(argument), low(mask), low(condition.value), yes, no);
  return masked_half(writer, high_half(argument), high(mask), high(condition.value), rest, no);
}

constexpr Label test(ProgramWriter& writer, const Condition& condition, Label yes, Label no) {
  if (condition.argument > 5) fail(Kind::internal, "system calls have no argument {}", condition.argument);
  constexpr std::uint64_t all = ~std::uint64_t{0};
  switch (condition.compare) {
    case Compare::equal:
      return masked_equal(writer, condition, all, yes, no);
    case Compare::not_equal:
      return masked_equal(writer, condition, all, no, yes);
    case Compare::masked_equal:
      return masked_equal(writer, condition, condition.mask, yes, no);
    case Compare::greater:
      return above(writer, condition, false, yes, no);
    case Compare::greater_equal:
      return above(writer, condition, true, yes, no);
    case Compare::less:
      return above(writer, condition, true, no, yes);
    case Compare::less_equal:
      return above(writer, condition, false, no, yes);
  }
  fail(Kind::internal, "unknown comparison");
}

// What an argument is compared with is the same for both.
constexpr bool look_at_same(const Condition& a, const Condition& b) {
  const bool narrow = a.compare == Compare::masked_equal && b.compare == Compare::masked_equal && high(a.mask) == 0;
  return narrow && a.mask != 0 && a.mask == b.mask && a.argument == b.argument;
}

constexpr Label fate(ProgramWriter& writer, const Run& run) {
  Label next = writer.result(run.action);
  for (const Rule& rule : run.rules) writer.result(rule.action);  // not between two rules
  const Rule* later = nullptr;
  for (auto rule = run.rules.rbegin(); rule != run.rules.rend(); later = &*rule++) {
    const bool alternative = later && rule->conditions.size() == 1 && !later->conditions.empty() &&
                             look_at_same(rule->conditions.front(), later->conditions.front());
    Label holds = writer.result(rule->action);
    // Only this rule leads to the later one, and leaves what that wants to compare where it is.
    if (alternative) next = writer.without_loads(next);
    for (auto condition = rule->conditions.rbegin(); condition != rule->conditions.rend(); ++condition)
      holds = test(writer, *condition, holds, next);
    next = holds;
  }
  return next;
}

constexpr Label tree(ProgramWriter& writer, std::span<const Leaf> leaves) {
  if (leaves.size() > 1) {
    const std::size_t half = leaves.size() / 2;
    const Label right = tree(writer, leaves.subspan(half));
    const Label left = tree(writer, leaves.first(half));
    return writer.jump(BPF_JGE, leaves[half].run->first, right, left);
  }
  const Leaf& leaf = leaves.front();
  if (leaf.exception == nullptr) return fate(writer, *leaf.run);
  const Label exception = fate(writer, *leaf.exception);
  const Label usual = fate(writer, *leaf.run);
  return writer.jump(BPF_JEQ, leaf.exception->first, exception, usual);
}

}  // namespace compiling

// The policy as a binary search tree. The kernel runs a new filter once for every number there is
// (seccomp_cache_prepare in kernel/seccomp.c) and translates each instruction, so that both the longest path and the
// length count. Throws usage if the policy needs more than the kernel's 4096 instructions, internal if `calls` is out
// of order.
constexpr Filter compile(const Policy& policy) {
  const std::vector<compiling::Run> runs = compiling::Runs(policy).take();
  ProgramWriter writer;
  writer.fall_into(compiling::tree(writer, compiling::make_leaves(runs)));
  const ProgramWriter::Label number = compiling::load(writer, offsetof(seccomp_data, nr));
  const ProgramWriter::Label foreign = writer.result(kill_process);
  writer.jump(BPF_JEQ, native_arch, number, foreign);
  compiling::load(writer, offsetof(seccomp_data, arch));
  Filter filter{writer.take()};
  if (filter.program.size() > BPF_MAXINSNS)
    fail(Kind::usage, "the system call filter has {} instructions, the kernel's limit is {}", filter.program.size(),
         BPF_MAXINSNS);
  return filter;
}

}  // namespace fn::sandbox::seccomp
