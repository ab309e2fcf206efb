// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/seccomp/seccomp.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <linux/filter.h>
#include <utility>
#include <vector>

namespace fn::sandbox::seccomp {

// Writes a program of classic BPF from its end to its beginning: jumps lead forwards only, and by at most 255
// instructions, so when a jump is written its targets are known. One that is too far away gets a step in between.
class ProgramWriter {
 public:
  // An instruction, counted from the end of the program.
  using Label = std::size_t;

  constexpr std::vector<sock_filter> take() {
    std::reverse(code_.begin(), code_.end());
    return std::move(code_);
  }

  // A return, shared by all that can reach it.
  constexpr Label result(Action action) {
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
  constexpr Label statement(unsigned code, std::uint32_t operand) { return push(code, 0, 0, operand); }

  constexpr Label jump(unsigned test, std::uint32_t operand, Label yes, Label no) {
    yes = near(yes);
    no = near(no);
    return push(BPF_JMP | test | BPF_K, offset(yes), offset(no), operand);
  }

  // Takes back the load (and mask) that the code at `label` begins with, if those were written last. Nothing else may
  // lead there.
  constexpr Label without_loads(Label label) {
    if (label + 1 != code_.size()) return label;
    while (BPF_CLASS(code_.back().code) == BPF_LD || BPF_CLASS(code_.back().code) == BPF_ALU) code_.pop_back();
    return code_.size() - 1;
  }

  // `label` follows whatever is written next.
  constexpr void fall_into(Label label) {
    if (label + 1 != code_.size()) statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(code_.size() - label - 1));
  }

 private:
  static constexpr std::size_t longest_jump = 255;

  // With room for the steps that the other target of the same jump may need.
  constexpr bool reaches(Label label) const { return code_.size() - label - 1 <= longest_jump - 2; }
  constexpr std::size_t offset(Label label) const { return code_.size() - label - 1; }

  constexpr Label near(Label label) {
    if (reaches(label)) return label;
    const sock_filter target = code_[label];
    if (BPF_CLASS(target.code) == BPF_RET) return statement(target.code, target.k);
    return statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(offset(label)));
  }

  constexpr Label push(unsigned code, std::size_t yes, std::size_t no, std::uint32_t operand) {
    code_.push_back(
        {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no), operand});
    return code_.size() - 1;
  }

  std::vector<sock_filter> code_;
  std::vector<std::pair<Action, Label>> results_;
};

}  // namespace fn::sandbox::seccomp
