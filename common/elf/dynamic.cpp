// SPDX-License-Identifier: Apache-2.0
#include "elf/dynamic.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace fn::elf {
namespace {

constexpr std::uint64_t max_dynamic_size = std::uint64_t{1} << 20;
constexpr std::size_t max_string = 65536;

}  // namespace

std::optional<Dynamic> Dynamic::read(Layout& layout) {
  // Of several, the loader keeps the last one that has bytes in the file.
  const Segment* segment = nullptr;
  for (const Segment& candidate : layout.segments())
    if (candidate.type == PT_DYNAMIC && candidate.size > 0) segment = &candidate;
  if (!segment) return std::nullopt;
  if (segment->size > max_dynamic_size)
    fail(Kind::integrity, "PT_DYNAMIC: {} bytes are more than the limit of {}", segment->size, max_dynamic_size);
  Dynamic dynamic(layout);
  // By its address: that is where the loader looks, whatever the offset says.
  dynamic.read_entries(layout.at_address("PT_DYNAMIC", segment->address), segment->size);
  if (auto table = dynamic.table(DT_STRTAB, "DT_STRTAB"))
    dynamic.strings_ = table->part(0, dynamic.value_or(DT_STRSZ, 0));
  return dynamic;
}

void Dynamic::read_entries(Table table, std::uint64_t size) {
  const std::size_t entry = layout_->header().format.is_64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
  for (std::uint64_t at = 0; at + entry <= size; at += entry) {
    Fields fields = table.fields(at, entry);
    const std::uint64_t tag = fields.word(), value = fields.word();
    if (tag == DT_NULL) return;
    if (tag == DT_NEEDED) needed_.push_back(value);
    values_[std::int64_t(tag)] = value;
  }
  fail(Kind::integrity, "PT_DYNAMIC: DT_NULL does not end it");
}

std::optional<std::uint64_t> Dynamic::value(std::int64_t tag) const {
  const auto found = values_.find(tag);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Table> Dynamic::table(std::int64_t tag, std::string_view what) const {
  const auto address = value(tag);
  if (!address) return std::nullopt;
  return layout_->at_address(what, *address);
}

std::string_view Dynamic::string(std::uint64_t offset, std::string_view what) const {
  if (offset >= strings_.size())
    fail(Kind::integrity, "{}: string {:#x} is outside of DT_STRTAB, which has {:#x} bytes", what, offset,
         strings_.size());
  const std::string_view rest = std::string_view(strings_).substr(std::size_t(offset), max_string + 1);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos)
    fail(Kind::integrity, "{}: string {:#x} does not end within {} bytes", what, offset,
         std::min(rest.size(), max_string));
  layout_->spend_name(end);
  return rest.substr(0, end);
}

std::string Dynamic::string_of(std::int64_t tag, std::string_view what) const {
  const auto offset = value(tag);
  return offset ? std::string(string(*offset, what)) : std::string();
}

}  // namespace fn::elf
