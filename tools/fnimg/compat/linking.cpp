// SPDX-License-Identifier: Apache-2.0
// Programs come first, each with all that it loads. A library that no program needs is loaded alone: by somebody's
// dlopen(), who may have loaded more before. So what it leaves open is kept apart and judged by its hosts
// (plug_ins.cpp).
#include "compat/linking.hpp"

#include "layer/entry.hpp"

#include <elf.h>

namespace fn::img {
namespace {

bool is_program(const elf::Facts& facts) {
  return facts.type == ET_EXEC || !facts.interpreter.empty() || (facts.dt_flags_1 & DF_1_PIE) != 0;
}

bool is_loadable(const elf::Facts& facts) {
  return facts.is_dynamic && (facts.type == ET_DYN || facts.type == ET_EXEC);
}

// libc.so.6 and the loader have an interpreter to be run by themselves, and are libraries all the same.
bool is_library(const elf::Facts& facts) {
  return facts.type == ET_DYN && (facts.dt_flags_1 & DF_1_PIE) == 0 && !facts.soname.empty();
}

void link_one(CheckedImage& image, const CheckedImage& earlier, const std::string& path, bool program,
              Linking& linking) {
  const link::Closure closure = image.resolver().closure('/' + path);
  const Told told{.image = image, .earlier = earlier, .closure = closure, .is_program = program};
  ++linking.objects;
  if (!check_loading(told, linking.findings)) return;
  check_symbols(told, linking);
  if (!program) return;
  for (std::size_t n = 1; n < closure.objects.size(); ++n) linking.loaded.insert(told.path_of(n));
}

}  // namespace

Linking link_image(CheckedImage& image, const CheckedImage& earlier) {
  Linking linking;
  std::vector<const std::string*> libraries;
  for (const auto& [path, facts] : image.facts().objects) {
    const layer::Node* node = image.tree().find(path);
    if (!node || node->entry.type != layer::Type::file || !is_loadable(facts)) continue;
    if (is_program(facts) && !is_library(facts))
      link_one(image, earlier, path, true, linking);
    else
      libraries.push_back(&path);
  }
  for (const std::string* path : libraries) {
    if (linking.loaded.contains(*path))
      ++linking.objects;
    else
      link_one(image, earlier, *path, false, linking);
  }
  return linking;
}

std::string object_named(const CheckedImage& image, std::string_view name) {
  for (const auto& [path, facts] : image.facts().objects)
    if (facts.soname == name || layer::base_name(path) == name) return path;
  return {};
}

std::string counterpart(const CheckedImage& before, const CheckedImage& image, const std::string& path) {
  if (before.facts().objects.contains(path)) return path;
  const auto object = image.facts().objects.find(path);
  if (object == image.facts().objects.end()) return {};
  const std::string& soname = object->second.soname;
  return object_named(before, soname.empty() ? layer::base_name(path) : std::string_view(soname));
}

std::string symbol_text(std::string_view name, std::string_view version) {
  std::string text(name);
  if (!version.empty()) text.append("@").append(version);
  return text;
}

}  // namespace fn::img
