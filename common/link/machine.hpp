// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/facts.hpp"

#include <cstdint>
#include <string>

namespace fn::link {

// An object for the same machine, class and floating-point ABI: one that a loader can take together with the other.
bool same_machine(const elf::Facts& a, const elf::Facts& b);

// What ldconfig's flags in /etc/ld.so.cache say of a library for the machine and ABI of `facts`.
std::uint32_t cache_flags(const elf::Facts& facts);

// $PLATFORM on the least machine that the ABI allows; "" where the kernel tells none.
std::string platform_of(const elf::Facts& facts);

// A program that starts without a loader: static ones, also position-independent.
bool is_static(const elf::Facts& facts);

inline constexpr std::uint16_t machine_loongarch = 258;  // elf.h of glibc 2.35 does not have it

}  // namespace fn::link
