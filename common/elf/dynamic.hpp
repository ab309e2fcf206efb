// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/layout.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::elf {

// The entries of PT_DYNAMIC and the strings that they name. Borrows its Layout.
class Dynamic {
 public:
  // Nothing if the file has no PT_DYNAMIC, or none of its bytes, as files of debug information. Throws integrity.
  static std::optional<Dynamic> read(Layout& layout);

  // Of entries with the same tag, the last one, as the loader has it.
  std::optional<std::uint64_t> value(std::int64_t tag) const;
  std::uint64_t value_or(std::int64_t tag, std::uint64_t otherwise) const { return value(tag).value_or(otherwise); }
  // The table that an entry has the address of, if there is such an entry. `what` as in Layout.
  std::optional<Table> table(std::int64_t tag, std::string_view what) const;

  const std::vector<std::uint64_t>& needed() const { return needed_; }
  // A string of DT_STRTAB, valid as long as this. `what` names who asks, for errors: throws integrity for a string
  // that is outside of the table, has no end, or more than 64 KiB.
  std::string_view string(std::uint64_t offset, std::string_view what) const;
  std::string string_of(std::int64_t tag, std::string_view what) const;  // "" without such an entry

 private:
  explicit Dynamic(Layout& layout) : layout_(&layout) {}
  void read_entries(Table table, std::uint64_t size);

  Layout* layout_;
  std::map<std::int64_t, std::uint64_t> values_;
  std::vector<std::uint64_t> needed_;
  std::string strings_;
};

}  // namespace fn::elf
