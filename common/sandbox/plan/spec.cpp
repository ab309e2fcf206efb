// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/spec.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fn::sandbox {
namespace {

// Of a start without a word and a file: half a MiB was measured with 200 mounts, in the kernel's steps of 256 KiB.
constexpr Bytes bare_start = 2 * MiB;

Bytes words_size(const std::vector<std::string>& words) {
  Bytes size = 0;
  for (const std::string& word : words) size += word.size() + 1 + sizeof(char*);
  return size;
}

}  // namespace

std::vector<std::string> program_paths(const Spec& spec) {
  const std::string& name = spec.command.front();
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return {name};
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& variable : spec.environment)
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  std::vector<std::string> programs;
  for (const std::string& directory : split(path, ':'))
    programs.push_back(directory.empty() ? name : directory + "/" + name);
  return programs;
}

bool is_required(const Spec& spec, Wall wall) {
  return std::find(spec.require.begin(), spec.require.end(), wall) != spec.require.end();
}

// execve(2) copies the words on behalf of the group while the process still has its maker's memory.
Bytes start_memory(const Spec& spec) {
  Bytes taken = bare_start + words_size(spec.command) + words_size(spec.environment);
  for (const GivenFile& file : spec.files) taken += file.content.size();
  return taken;
}

void check_memory(const Spec& spec) {
  if (!spec.limits.memory) return;
  const Bytes taken = start_memory(spec);
  const Bytes least = std::max(least_memory, taken);
  if (*spec.limits.memory >= least) return;
  fail_hint(Kind::usage,
            fmt::format("the command, its environment and files take {} of it before it starts: give it {}",
                        human_bytes(taken), memory_text((least + MiB - 1) / MiB * MiB)),
            "memory limit of {} is too small to start a program", memory_text(*spec.limits.memory));
}

}  // namespace fn::sandbox
