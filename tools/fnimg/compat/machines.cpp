// SPDX-License-Identifier: Apache-2.0
#include "compat/rules.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <elf.h>
#include <fmt/format.h>

namespace fn::img {
namespace {

struct Runs {
  std::string_view architecture;  // of the config
  std::uint16_t machine;
};

constexpr auto runs = std::to_array<Runs>({{"amd64", EM_X86_64},
                                           {"amd64", EM_386},
                                           {"386", EM_386},
                                           {"arm64", EM_AARCH64},
                                           {"arm64", EM_ARM},
                                           {"arm", EM_ARM},
                                           {"ppc64le", EM_PPC64},
                                           {"s390x", EM_S390},
                                           {"riscv64", EM_RISCV}});

// Machines that we don't know run everything.
bool can_run(std::string_view architecture, const elf::Facts& facts) {
  const auto is_its = [&](const Runs& one) { return one.architecture == architecture; };
  return std::none_of(runs.begin(), runs.end(), is_its) || std::any_of(runs.begin(), runs.end(), [&](const Runs& one) {
           return is_its(one) && one.machine == facts.machine;
         });
}

bool is_static_program(const elf::Facts& facts) {
  return facts.type == ET_EXEC && facts.interpreter.empty();
}

int isa_level(const elf::Facts& facts) {
  return facts.machine == EM_X86_64 ? int(std::bit_width(facts.isa_needed)) : 0;
}

int isa_level(const CheckedImage& image) {
  int level = 1;
  for (const auto& [path, facts] : image.facts().objects) level = std::max(level, isa_level(facts));
  return level;
}

}  // namespace

void check_machines(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  const int before_level = isa_level(before);
  for (const auto& [path, facts] : after.facts().objects) {
    const std::string& architecture = after.config().platform.architecture;
    if (isa_level(facts) > before_level)
      findings.add({.rule = "loader.isa",
                    .severity = Severity::notice,
                    .path = path,
                    .needs = fmt::format("x86-64-v{}", isa_level(facts)),
                    .layer = after.layer_of(path),
                    .since = {},
                    .hint = fmt::format("{} starts on x86-64-v{}", before.name(), before_level)});
    const auto was = before.facts().objects.find(path);
    const bool ran = was != before.facts().objects.end() && can_run(before.config().platform.architecture, was->second);
    if (is_static_program(facts) && ran && !can_run(architecture, facts))
      findings.add({.rule = "loader.machine",
                    .severity = Severity::does_not_start,
                    .path = path,
                    .needs = fmt::format("machine {}", facts.machine),
                    .layer = after.layer_of(path),
                    .since = {},
                    .hint = fmt::format("take one for {}", architecture)});
  }
}

}  // namespace fn::img
