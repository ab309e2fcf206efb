// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/facts.hpp"
#include "link/loader.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fn::link {

// What an undefined symbol asks for. Borrows from the Facts of the object that has it.
struct Reference {
  std::string_view name;
  std::string_view version;  // "": whichever is the default
  std::string_view file;     // soname of the library that the version is needed from
  bool is_weak = false;
  std::uint64_t hash = 0;  // of the name

  Reference() = default;
  Reference(const elf::Symbol& symbol, std::string_view version_name, std::string_view version_file);

  std::uint32_t short_hash() const { return static_cast<std::uint32_t>(hash >> 32); }
};

// The symbols of one object, indexed once for any number of lookups. `facts` must outlive it.
class Symbols {
 public:
  explicit Symbols(const elf::Facts& facts);

  // Whether a lookup ends here. glibc: a version matches the same one, hidden or not, and a definition without any that
  // isn't hidden; no version matches the base, the first version, or else the only one that isn't hidden. In an object
  // without versions everything matches. musl: by name, hidden ones never.
  bool gives(const Reference& reference, Loader::Kind loader) const;
  // Whether it is among the versions that it defines: of its base, too, as the loader has it.
  bool defines_version(std::string_view name) const;
  bool defines_versions() const { return !defined_.empty(); }
  // glibc stops where a version is needed from such an object, and the symbol is found in it.
  bool has_version_table() const { return has_version_table_; }

  // Calls `visit` with short_hash() of the name of each symbol that is defined.
  template <typename Visit>
  void each_short_hash(const Visit& visit) const {
    for (const Slot& slot : slots_) visit(slot.hash);
  }

  const std::vector<Reference>& references() const { return references_; }  // strong and weak, sorted by name

 private:
  struct Named {
    std::uint16_t index;
    std::string_view name, file;
  };
  struct Slot {
    std::uint32_t hash;
    std::uint32_t first;  // of the symbols of one name
  };

  void index_versions();
  void index_names();
  const Named* version(std::uint16_t index) const;
  std::span<const elf::Symbol> named(const Reference& reference) const;
  std::size_t run_at(std::size_t first) const;

  const elf::Facts& facts_;
  bool has_version_table_;
  std::vector<Named> versions_;            // sorted by index
  std::vector<std::string_view> defined_;  // sorted
  std::vector<std::uint32_t> starts_;      // of each bucket in slots_, and the end
  std::vector<Slot> slots_;                // of a bucket: sorted by name, so that colliding names stay cheap
  std::vector<Reference> references_;
};

}  // namespace fn::link
