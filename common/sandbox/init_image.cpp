// SPDX-License-Identifier: Apache-2.0
#include "sandbox/init_image.hpp"

#include "sys/file.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <sys/mman.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

// The program as the build made it.
asm(".section .rodata\n"
    ".balign 16\n"
    ".global fn_init_program\n"
    ".hidden fn_init_program\n"
    "fn_init_program:\n"
    ".incbin \"" FN_INIT_PROGRAM
    "\"\n"
    ".global fn_init_program_end\n"
    ".hidden fn_init_program_end\n"
    "fn_init_program_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const std::byte fn_init_program[];
extern "C" const std::byte fn_init_program_end[];

namespace fn::sandbox {
namespace {

sys::Fd make_image() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create("fn-init", flags | MFD_EXEC);
  if (fd < 0 && errno == EINVAL) fd = memfd_create("fn-init", flags);  // before Linux 6.3
  sys::Fd image(sys::check(fd, "cannot create a memory file"));
  sys::write_full(image.get(), std::span(fn_init_program, fn_init_program_end), "memory file");
  sys::check(fcntl(image.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
             "cannot seal a memory file");
  return image;
}

}  // namespace

int init_image() {
  static const sys::Fd image = make_image();
  return image.get();
}

}  // namespace fn::sandbox
