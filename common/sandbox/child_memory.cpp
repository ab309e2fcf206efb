// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child_memory.hpp"

#include "base/error.hpp"
#include "sys/fd.hpp"

#include <cstring>
#include <sys/mman.h>

namespace fn::sandbox {

ChildMemory::ChildMemory() {
  void* memory =
      mmap(nullptr, stacks_size + strings_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) sys::fail_errno(errno, "cannot allocate memory for a sandbox");
  base_ = static_cast<char*>(memory);
}

ChildMemory::~ChildMemory() {
  if (base_ != nullptr) munmap(base_, stacks_size + strings_size);
}

const char* const* ChildMemory::keep(const std::vector<std::string>& strings) {
  auto* const list = reinterpret_cast<const char**>(base_ + stacks_size);
  char* text = reinterpret_cast<char*>(list + strings.size() + 1);
  const char** next = list;
  for (const std::string& string : strings) {
    if (text + string.size() + 1 > base_ + stacks_size + strings_size)
      fail(Kind::failure, "the names of the control groups are too long");
    std::memcpy(text, string.c_str(), string.size() + 1);
    *next++ = text;
    text += string.size() + 1;
  }
  *next = nullptr;
  return list;
}

}  // namespace fn::sandbox
