// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fn::sandbox {

// Memory for the processes that share ours until they exec, and for the janitor, which never does: stacks, and strings
// that outlive the heap when this process exits.
class ChildMemory {
 public:
  ChildMemory();
  ChildMemory(const ChildMemory&) = delete;
  ~ChildMemory();

  // Top addresses of the stacks.
  char* first_stack() const { return base_ + stack_size; }
  char* command_stack() const { return base_ + 2 * stack_size; }
  char* janitor_stack() const { return base_ + 3 * stack_size; }
  // Of a process that has ended before the janitor is started.
  char* joiner_stack() const { return janitor_stack(); }
  // Null-terminated copies of `strings`, then a null pointer. To be called once; throws failure if they are too long.
  const char* const* keep(const std::vector<std::string>& strings);
  // The memory stays mapped until this process and all that share it are gone.
  void abandon() { base_ = nullptr; }

 private:
  static constexpr std::size_t stack_size = 64 * 1024;
  static constexpr std::size_t stacks_size = 3 * stack_size;
  static constexpr std::size_t strings_size = 64 * 1024;
  char* base_ = nullptr;
};

}  // namespace fn::sandbox
