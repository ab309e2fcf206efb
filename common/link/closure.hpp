// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link/search.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fn::link {

// An object of a closure, and how it came to be loaded.
struct Loaded {
  File file;
  std::string path;  // as the loader has it
  Rule rule = Rule::start;
  std::size_t needed_by = 0;  // who needed it first: an index of the closure. Of the first object: its own
  std::string_view needed_as;
};

enum class Problem {
  interpreter_missing,
  interpreter_unusable,  // not an object of the program's machine
  library_missing,
  library_unusable,  // found, but nothing that a loader takes: glibc stops there, whatever else it could find
  version_missing,   // the library does not define it; counts whether a symbol has it or not
  versions_missing,  // the library defines none. Harmless, unless `symbol` is set: then glibc aborts when it is looked
                     // up
  symbol_undefined,
};

// What is wrong for one object of a closure. Views borrow from the Facts of the Root.
struct Finding {
  Problem problem = Problem::library_missing;
  std::size_t object = 0;    // who needs it: an index of the closure
  std::string_view library;  // interpreter or library, by the name in the object
  std::string_view version;
  std::string_view symbol;
  std::string path;  // the file that was found for `library`, if one was
};

// What a loader would map for a program, or for a library by itself, in the order in which symbols are looked up.
struct Closure {
  Loader::Kind kind = Loader::Kind::glibc;
  std::string interpreter;        // "" of static programs, and of libraries that no loader of the image takes
  std::vector<Loaded> objects;    // the first is the one asked for
  std::vector<Finding> findings;  // does not start, or fails when used
  std::vector<Finding> weak;      // versions and symbols that may be missing
};

}  // namespace fn::link
