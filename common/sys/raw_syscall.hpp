// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <type_traits>

// System calls for a process that shares its memory with its maker (CLONE_VM), between clone and exec: no errno, which
// is one variable for both; no lock, no allocation, no wrapper of the C library.
namespace fn::sys {

// A register's worth of an argument: an integer, an enumerator or a pointer.
template <typename T>
long raw_argument(T value) {
  if constexpr (std::same_as<T, std::nullptr_t>) {
    return 0;
  } else if constexpr (std::integral<T> || std::is_enum_v<T>) {
    return static_cast<long>(value);
  } else {
    return reinterpret_cast<long>(value);
  }
}

// The kernel's return value: a result, or -errno.
inline long raw_syscall6(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result = number;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "only x86_64 and aarch64 are supported"
#endif
}

template <typename A = long, typename B = long, typename C = long, typename D = long, typename E = long,
          typename F = long>
long raw_syscall(long number, A a = 0, B b = 0, C c = 0, D d = 0, E e = 0, F f = 0) {
  return raw_syscall6(number, raw_argument(a), raw_argument(b), raw_argument(c), raw_argument(d), raw_argument(e),
                      raw_argument(f));
}

// rt_sigaction(2): what the kernel takes and gives, where the C library has a structure of its own.
struct KernelSignalAction {
  void (*handler)(int) = nullptr;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  std::uint64_t mask = 0;
};

// clone3(2) with a stack of its own for the child, which calls `body(argument)` and never returns from it. `arguments`
// has everything but the stack; `stack_top` is its highest address, aligned to 16 bytes. The child's pid, or -errno.
inline long raw_clone3(clone_args& arguments, void* stack_top, void (*body)(void*), void* argument) {
  void** frame = static_cast<void**>(stack_top) - 2;
  frame[0] = reinterpret_cast<void*>(body);
  frame[1] = argument;
  // The kernel adds both up.
  arguments.stack = reinterpret_cast<std::uint64_t>(frame) - 16;
  arguments.stack_size = 16;
#if defined(__x86_64__)
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "popq %%rax\n\t"
      "popq %%rdi\n\t"
      "callq *%%rax\n\t"
      "ud2\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone3;
  register long x0 asm("x0") = reinterpret_cast<long>(&arguments);
  register long x1 asm("x1") = sizeof arguments;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "ldp x9, x0, [sp], #16\n\t"
      "blr x9\n\t"
      "brk #0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1)
      : "x9", "memory");
  return x0;
#endif
}

}  // namespace fn::sys
