// SPDX-License-Identifier: Apache-2.0
#include "link/loading.hpp"

#include "link/machine.hpp"
#include "link/paths.hpp"

#include <algorithm>
#include <array>
#include <elf.h>

// An object is found once: it then goes by the name it was searched for, by its soname (glibc) and by its file. The
// loader itself is mapped before all others, but takes its place in the scope only when an object needs it.
namespace fn::link {
namespace {

// Names that musl has as parts of itself, up to the point: libc.musl-x86_64.so.1, libpthread.so.0.
constexpr std::array<std::string_view, 7> parts_of_musl{"libc.",  "libpthread.", "librt.",  "libm.",
                                                        "libdl.", "libutil.",    "libxnet."};

}  // namespace

std::optional<std::size_t> Loading::named(std::string_view name) const {
  const auto known = names_.find(name);
  if (known == names_.end()) return std::nullopt;
  return known->second;
}

void Loading::run(const File& first) {
  add({first, Rule::start, first.path}, "", 0);
  for (std::size_t by = 0; by < out_.objects.size(); ++by) {
    const elf::Facts& facts = *out_.objects[by].file.facts;
    for (const std::string& name : facts.needed) load(name, by);
  }
}

void Loading::load(std::string_view name, std::size_t by) {
  if (named(name)) return;
  if (is_loader(name)) return add_loader(name, by);
  std::optional<Found> found = search_.find(loader_, name, requesters_[by]);
  if (!found) return lose(Problem::library_missing, name, by, "");
  if (!is_usable(found->file)) return lose(Problem::library_unusable, name, by, std::move(found->path));
  const auto same = inodes_.find(found->file.inode);
  if (same != inodes_.end()) {
    names_.emplace(name, same->second);
  } else if (loader_.file && loader_.file->inode == found->file.inode) {
    add_loader(name, by);
  } else {
    add(std::move(*found), name, by);
  }
}

bool Loading::is_loader(std::string_view name) const {
  if (!loader_.file || !loader_.file->facts) return false;
  if (name == loader_.path) return true;
  if (loader_.kind == Loader::Kind::glibc) return name == loader_.file->facts->soname;
  return std::any_of(parts_of_musl.begin(), parts_of_musl.end(), [&](auto part) { return name.starts_with(part); });
}

void Loading::add_loader(std::string_view name, std::size_t by) {
  const auto known = inodes_.find(loader_.file->inode);
  if (known != inodes_.end())
    names_.emplace(name, known->second);
  else
    add({*loader_.file, Rule::loader, loader_.path}, name, by);
}

void Loading::add(Found found, std::string_view name, std::size_t by) {
  const std::size_t number = out_.objects.size();
  const elf::Facts& facts = *found.file.facts;
  if (!name.empty()) names_.emplace(name, number);
  if (loader_.kind == Loader::Kind::glibc && !facts.soname.empty()) names_.emplace(facts.soname, number);
  inodes_.emplace(found.file.inode, number);
  requesters_.push_back({&facts, std::string(directory_of(found.path)), number == 0 ? nullptr : &requesters_[by]});
  if (requesters_.back().origin.empty()) requesters_.back().origin = "/";
  out_.objects.push_back({std::move(found.file), std::move(found.path), found.rule, by, name});
}

void Loading::lose(Problem problem, std::string_view name, std::size_t by, std::string path) {
  lost_.insert(name);
  out_.findings.push_back({problem, by, name, {}, {}, std::move(path)});
}

bool Loading::is_usable(const File& file) const {
  if (!file.facts) return false;
  const elf::Facts& first = *out_.objects.front().file.facts;
  const elf::Facts& facts = *file.facts;
  const bool is_program = facts.type != ET_DYN || (facts.dt_flags_1 & DF_1_PIE) != 0;
  return same_machine(facts, first) && facts.is_big_endian == first.is_big_endian && facts.is_dynamic && !is_program;
}

}  // namespace fn::link
