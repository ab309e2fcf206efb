// SPDX-License-Identifier: Apache-2.0
// From a policy to a program of classic BPF:
//
//   Runs         all numbers from 0 to 2^32-1 as runs of neighbours that have the same fate
//   make_leaves  a run that one odd number cuts in two becomes one leaf with an exception
//   tree         a balanced search tree over the leaves; at each leaf the rules of a call, then a return
//
// The program is written from its end to its beginning: jumps of BPF lead forwards only, and by at most 255
// instructions, so when a jump is written its targets are known. One that is too far away gets a step in between
// (Writer::near).
//
// First of all the program compares the architecture: a number must never be looked up in the table of another ABI.
#include "sandbox/seccomp/seccomp.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

namespace fn::sandbox::seccomp {
namespace {

constexpr std::uint32_t x32_bit = 0x40000000;
constexpr std::uint32_t skipped_call = 0xffffffff;
constexpr std::size_t longest_jump = 255;

// Neighbouring numbers that have the same fate: from `first` to the next run.
struct Run {
  std::uint32_t first;
  Action action;
  std::span<const Rule> rules;

  bool same_fate(const Run& other) const {
    return action == other.action && std::equal(rules.begin(), rules.end(), other.rules.begin(), other.rules.end());
  }
};

class Runs {
 public:
  explicit Runs(const Policy& policy) {
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

  std::vector<Run> take() { return std::move(runs_); }

 private:
  void add(const Run& run) {
    if (runs_.empty() || !runs_.back().same_fate(run)) runs_.push_back(run);
  }

  // The numbers in [from, to), which are not listed.
  void gap(const Policy& policy, std::uint32_t from, std::uint32_t to) {
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

std::vector<Leaf> make_leaves(const std::vector<Run>& runs) {
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

// Writes a program from its end to its beginning, so that where a jump leads is known when it is written.
class Writer {
 public:
  // An instruction, counted from the end of the program.
  using Label = std::size_t;

  std::vector<sock_filter> take() {
    std::reverse(code_.begin(), code_.end());
    return std::move(code_);
  }

  // A return, shared by all that can reach it.
  Label result(Action action) {
    for (const auto& [known, label] : results_)
      if (known == action && reaches(label)) return label;
    const Label label = statement(BPF_RET | BPF_K, action.value);
    const auto old = std::find_if(results_.begin(), results_.end(), [&](const auto& r) { return r.first == action; });
    if (old == results_.end())
      results_.emplace_back(action, label);
    else
      old->second = label;
    return label;
  }

  // What follows a statement is the instruction that was written last.
  Label statement(unsigned code, std::uint32_t operand) { return push(code, 0, 0, operand); }

  Label jump(unsigned test, std::uint32_t operand, Label yes, Label no) {
    yes = near(yes);
    no = near(no);
    return push(BPF_JMP | test | BPF_K, offset(yes), offset(no), operand);
  }

  // Takes back the load (and mask) that the code at `label` begins with, if those were written last. Nothing else may
  // lead there.
  Label without_loads(Label label) {
    if (label + 1 != code_.size()) return label;
    while (BPF_CLASS(code_.back().code) == BPF_LD || BPF_CLASS(code_.back().code) == BPF_ALU) code_.pop_back();
    return code_.size() - 1;
  }

  // `label` follows whatever is written next.
  void fall_into(Label label) {
    if (label + 1 != code_.size()) statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(code_.size() - label - 1));
  }

 private:
  // With room for the steps that the other target of the same jump may need.
  bool reaches(Label label) const { return code_.size() - label - 1 <= longest_jump - 2; }
  std::size_t offset(Label label) const { return code_.size() - label - 1; }

  Label near(Label label) {
    if (reaches(label)) return label;
    const sock_filter target = code_[label];
    if (BPF_CLASS(target.code) == BPF_RET) return statement(target.code, target.k);
    return statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(offset(label)));
  }

  Label push(unsigned code, std::size_t yes, std::size_t no, std::uint32_t operand) {
    code_.push_back(
        {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no), operand});
    return code_.size() - 1;
  }

  std::vector<sock_filter> code_;
  std::vector<std::pair<Action, Label>> results_;
};

using Label = Writer::Label;

std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}
std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

Label load(Writer& writer, std::size_t offset) {
  return writer.statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// Both supported processors are little-endian.
std::size_t low_half(unsigned argument) {
  return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t);
}
std::size_t high_half(unsigned argument) {
  return low_half(argument) + sizeof(std::uint32_t);
}

Label masked_half(Writer& writer, std::size_t offset, std::uint32_t mask, std::uint32_t value, Label yes, Label no) {
  if (mask == 0) return yes;
  writer.jump(BPF_JEQ, value & mask, yes, no);
  if (mask != ~std::uint32_t{0}) writer.statement(BPF_ALU | BPF_AND | BPF_K, mask);
  return load(writer, offset);
}

// argument > value, or >= value.
Label above(Writer& writer, const Condition& condition, bool or_equal, Label yes, Label no) {
  writer.jump(or_equal ? BPF_JGE : BPF_JGT, low(condition.value), yes, no);
  const Label low_half_decides = load(writer, low_half(condition.argument));
  const Label not_greater = writer.jump(BPF_JEQ, high(condition.value), low_half_decides, no);
  writer.jump(BPF_JGT, high(condition.value), yes, not_greater);
  return load(writer, high_half(condition.argument));
}

Label masked_equal(Writer& writer, const Condition& condition, std::uint64_t mask, Label yes, Label no) {
  const unsigned argument = condition.argument;
  const Label rest = masked_half(writer, low_half(argument), low(mask), low(condition.value), yes, no);
  return masked_half(writer, high_half(argument), high(mask), high(condition.value), rest, no);
}

Label test(Writer& writer, const Condition& condition, Label yes, Label no) {
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
bool look_at_same(const Condition& a, const Condition& b) {
  const bool narrow = a.compare == Compare::masked_equal && b.compare == Compare::masked_equal && high(a.mask) == 0;
  return narrow && a.mask != 0 && a.mask == b.mask && a.argument == b.argument;
}

Label fate(Writer& writer, const Run& run) {
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

Label tree(Writer& writer, std::span<const Leaf> leaves) {
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

}  // namespace

Action mildest(const Policy& policy, std::uint32_t number) {
  const auto call =
      std::find_if(policy.calls.begin(), policy.calls.end(), [&](const Call& each) { return each.number == number; });
  if (call == policy.calls.end()) return number > policy.newest ? policy.newer : policy.unlisted;
  Action found = call->action;
  const auto rank = [](Action action) { return static_cast<std::int32_t>(action.value); };
  for (const Rule& rule : call->rules)
    if (rank(rule.action) > rank(found)) found = rule.action;
  return found;
}

Filter compile(const Policy& policy) {
  const std::vector<Run> runs = Runs(policy).take();
  Writer writer;
  writer.fall_into(tree(writer, make_leaves(runs)));
  const Label number = load(writer, offsetof(seccomp_data, nr));
  const Label foreign = writer.result(kill_process);
  writer.jump(BPF_JEQ, native_arch, number, foreign);
  load(writer, offsetof(seccomp_data, arch));
  Filter filter{writer.take()};
  if (filter.program.size() > BPF_MAXINSNS)
    fail(Kind::usage, "the system call filter has {} instructions, the kernel's limit is {}", filter.program.size(),
         BPF_MAXINSNS);
  return filter;
}

}  // namespace fn::sandbox::seccomp
