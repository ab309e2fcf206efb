// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link/closure.hpp"
#include "link/symbols.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fn::link {

class Loading;

// What the dynamic loader of an image would do with its programs and libraries. One for an image: symbols of a library
// are indexed once, and what it gets from the libraries that it needs itself is looked up once for all its users.
// `root` must outlive it.
class Resolver {
 public:
  Resolver(const Root& root, Options options);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // What a file would load and what it would miss. Static programs load themselves. A library is loaded by itself, by
  // the loader that its machine usually has: what it leaves open may come from programs that use it. Throws not_found
  // unless `path` leads to an ELF file, and integrity for a corrupt /etc/ld.so.cache.
  Closure closure(std::string_view path);

  // The object of a closure in which the lookup of a reference ends: what a plug-in leaves open may be in the closure
  // of its host.
  std::optional<std::size_t> provider(const Closure& closure, const Reference& reference);

  // All undefined symbols of an ELF file, strong and weak.
  const std::vector<Reference>& references(const File& file);

 private:
  // What is known of a file, whichever closure it is in.
  struct Object {
    File file;
    std::uint32_t number = 0;
    std::optional<Symbols> symbols;
    // Of the file as the first object of a closure of its own, under a loader: the closure's objects, and what of the
    // file's own references is not found in them.
    std::string loader;
    std::vector<std::uint32_t> scope;  // sorted; empty: not looked at, or too large to remember
    std::vector<const Reference*> open;
  };
  struct Scope;

  Object& object(const File& file);
  const Symbols& symbols(Object& object);
  const Loader& loader(const std::string& interpreter, const elf::Facts& facts);
  void check_interpreter(const elf::Facts& facts, const Loader& loader, Closure& closure);
  void check_versions(Closure& closure, const Loading& loading, const Scope& scope);
  void check_version_need(Closure& closure, const Loading& loading, const Scope& scope, std::size_t number,
                          const elf::VersionNeed& need);
  void check_symbols(Closure& closure, const Loader& loader, const Loading& loading, const Scope& scope);
  bool is_given(const Reference& reference, Loader::Kind kind, const Loading& loading, const Scope& scope);
  void settle(Object& object, const Loader& loader);
  void remember(Object& object, const Loader& loader, const Loading& loading, const Scope& scope);
  Scope scope_of(const Closure& closure);

  Search search_;
  std::deque<Object> objects_;
  std::unordered_map<std::uint64_t, Object*> by_inode_;
  std::map<std::string, Loader> loaders_;
  // Needs, by their place in the Facts, that the numbered object satisfies.
  std::set<std::pair<const elf::VersionNeed*, std::uint32_t>> satisfied_;
};

}  // namespace fn::link
