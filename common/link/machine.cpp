// SPDX-License-Identifier: Apache-2.0
#include "link/machine.hpp"

#include <elf.h>

namespace fn::link {
namespace {

constexpr std::uint32_t loongarch_float_mask = 7, loongarch_double = 3;

std::uint32_t abi_flags(const elf::Facts& facts) {
  const bool is_64 = facts.word_bits == 64;
  switch (facts.machine) {
    case EM_X86_64:
      return is_64 ? 0x0300 : 0x0800;
    case EM_AARCH64:
      return is_64 ? 0x0a00 : 0;
    case EM_PPC64:
      return 0x0500;
    case EM_S390:
      return is_64 ? 0x0400 : 0;
    case EM_SPARCV9:
      return 0x0100;
    case EM_ARM:
      if ((facts.flags & EF_ARM_ABI_FLOAT_HARD) != 0) return 0x0900;
      return (facts.flags & EF_ARM_ABI_FLOAT_SOFT) != 0 ? 0x0b00 : 0;
    case EM_RISCV:
      return (facts.flags & EF_RISCV_FLOAT_ABI) == EF_RISCV_FLOAT_ABI_DOUBLE ? 0x1000 : 0x0f00;
    case machine_loongarch:
      return (facts.flags & loongarch_float_mask) == loongarch_double ? 0x1200 : 0x1100;
    default:
      return 0;
  }
}

}  // namespace

std::uint32_t cache_flags(const elf::Facts& facts) {
  return abi_flags(facts) | 3;  // 3: ELF, for glibc 2
}

std::string platform_of(const elf::Facts& facts) {
  switch (facts.machine) {
    case EM_X86_64:
      return "x86_64";
    case EM_386:
      return "i686";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "v7l";
    case EM_S390:
      return "z900";
    case EM_PPC64:
      return "power8";
    case machine_loongarch:
      return "loongarch";
    default:
      return "";
  }
}

bool same_machine(const elf::Facts& a, const elf::Facts& b) {
  if (a.word_bits != b.word_bits || a.machine != b.machine) return false;
  const std::uint32_t differing = a.flags ^ b.flags;
  if (a.machine == EM_RISCV) return (differing & EF_RISCV_FLOAT_ABI) == 0;
  // Code for no float ABI in particular goes with both.
  constexpr std::uint32_t arm_floats = EF_ARM_ABI_FLOAT_HARD | EF_ARM_ABI_FLOAT_SOFT;
  if (a.machine == EM_ARM && (a.flags & arm_floats) != 0 && (b.flags & arm_floats) != 0)
    return (differing & arm_floats) == 0;
  return true;
}

bool is_static(const elf::Facts& facts) {
  if (!facts.interpreter.empty()) return false;
  return !facts.is_dynamic || facts.type == ET_EXEC || (facts.dt_flags_1 & DF_1_PIE) != 0;
}

}  // namespace fn::link
