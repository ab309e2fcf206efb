// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link/root.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::link {

// What is built into the dynamic loader of an image and decides where it searches.
struct Loader {
  enum class Kind { glibc, musl };

  Kind kind = Kind::glibc;
  std::string path;                      // as PT_INTERP has it
  std::optional<File> file;              // nothing: the image does not have it
  std::vector<std::string> directories;  // searched last: of its own C library's build, or /etc/ld-musl-ARCH.path
  std::string lib;                       // $LIB
  std::string platform;                  // $PLATFORM of the least machine
};

// The loader of objects for the machine of `needs`, for programs whose PT_INTERP is `interpreter`. "": one that
// searches no directories of its own.
Loader loader_at(std::string_view interpreter, const elf::Facts& needs, const Root& root);

// PT_INTERP of programs that would load this library: the usual paths for its machine, of which the image has one. ""
// if it has none.
std::string usual_interpreter(const elf::Facts& library, const Root& root);

}  // namespace fn::link
