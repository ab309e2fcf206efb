// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/checked_image.hpp"
#include "compat/findings.hpp"
#include "link/closure.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace fn::img {

// A symbol that a library leaves open, and that no library it needs gives. Borrows from the image's facts.
struct OpenSymbol {
  std::string path;
  link::Reference reference;
  link::Loader::Kind kind = link::Loader::Kind::glibc;
};

// What the dynamic loader would say of all programs and libraries of an image.
struct Linking {
  Findings findings;
  std::set<std::string, std::less<>> loaded;  // the libraries that programs need
  std::vector<OpenSymbol> open;               // of the others: plug-ins, which their hosts load
  std::size_t objects = 0;                    // programs and libraries that were looked at
};

// `earlier` is the image that it comes after, or itself. Libraries that are new in it may leave to their hosts what
// the image has somewhere.
Linking link_image(CheckedImage& image, const CheckedImage& earlier);

// A closure, and what of it there is to tell.
struct Told {
  CheckedImage& image;
  const CheckedImage& earlier;
  const link::Closure& closure;
  bool is_program = false;

  // The path of an object of the closure, without a slash in front.
  std::string path_of(std::size_t object) const { return closure.objects[object].file.path.substr(1); }
  bool tells_of(std::size_t object) const { return is_program || object == 0; }
  Severity missing() const { return is_program ? Severity::does_not_start : Severity::fails_when_used; }
};

// Rules loader.interpreter and loader.library. Says whether the program has an interpreter: else nothing more can be
// said of it.
bool check_loading(const Told& told, Findings& findings);
// Rules symbols.version and symbols.undefined: what libraries that are missing would have given is left out.
void check_symbols(const Told& told, Linking& linking);

// The path of an object that goes by a soname, or has that name; "" if there is none.
std::string object_named(const CheckedImage& image, std::string_view name);
// The path of the same program or library in the image before: the same one, or where one of its name is; "" if that is
// nowhere.
std::string counterpart(const CheckedImage& before, const CheckedImage& image, const std::string& path);
// "puts@GLIBC_2.2.5", or the name alone.
std::string symbol_text(std::string_view name, std::string_view version);

}  // namespace fn::img
