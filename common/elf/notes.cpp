// SPDX-License-Identifier: Apache-2.0
// Notes are allocated, so PT_NOTE has them even if the file has no section headers. .note.gnu.property is described by
// "Linux Extensions to gABI" and the x86-64 psABI, .note.dlopen by uapi-group.org's "ELF dlopen Metadata for ELF
// Files".
#include "elf/notes.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

namespace fn::elf {
namespace {

constexpr std::uint64_t max_notes_size = std::uint64_t{1} << 20;
constexpr std::uint32_t dlopen_type = 0x407c0c0a;
constexpr std::size_t max_dlopen_notes = 4096;

constexpr std::uint64_t padded(std::uint64_t size, std::uint64_t align) {
  return (size + align - 1) / align * align;
}

void take_properties(Format format, std::string_view bytes, Facts& facts) {
  const std::size_t align = format.is_64 ? 8 : 4;
  while (!bytes.empty()) {
    if (bytes.size() < 8) fail(Kind::integrity, "NT_GNU_PROPERTY_TYPE_0: {} bytes are left over", bytes.size());
    Fields fields(format, bytes);
    const std::uint32_t type = fields.u32(), size = fields.u32();
    bytes.remove_prefix(8);
    if (size > bytes.size())
      fail(Kind::integrity, "NT_GNU_PROPERTY_TYPE_0: property {:#x} of {} bytes, {} are left", type, size,
           bytes.size());
    if (type == GNU_PROPERTY_X86_ISA_1_NEEDED && size == 4) facts.isa_needed |= Fields(format, bytes).u32();
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), padded(size, align)));
  }
}

DlopenNote::Priority priority_of(const Json& entry) {
  const std::string name = entry.string_or("priority", "recommended");
  if (name == "required") return DlopenNote::Priority::required;
  if (name == "suggested") return DlopenNote::Priority::suggested;
  return DlopenNote::Priority::recommended;
}

void take_dlopen(std::string_view text, Facts& facts) {
  text = text.substr(0, text.find('\0'));
  while_doing([] { return ".note.dlopen"; },
              [&] {
                const Json document = Json::parse(text, "its JSON");
                for (const Json& entry : document.as_array()) {
                  if (facts.dlopen.size() >= max_dlopen_notes)
                    fail(Kind::integrity, "more than {} entries", max_dlopen_notes);
                  DlopenNote note;
                  note.sonames = entry.at("soname").as_strings();
                  note.priority = priority_of(entry);
                  note.feature = entry.string_or("feature", "");
                  facts.dlopen.push_back(std::move(note));
                }
              });
}

void take_note(const Header& header, std::string_view owner, std::uint32_t type, std::string_view bytes, Facts& facts) {
  const bool is_x86 = header.machine == EM_X86_64 || header.machine == EM_386;
  if (owner == "GNU" && type == NT_GNU_PROPERTY_TYPE_0 && is_x86) take_properties(header.format, bytes, facts);
  if (owner == "FDO" && type == dlopen_type) take_dlopen(bytes, facts);
}

void read_segment(Layout& layout, const Segment& segment, Facts& facts) {
  if (segment.size > max_notes_size)
    fail(Kind::integrity, "PT_NOTE: {} bytes are more than the limit of {}", segment.size, max_notes_size);
  Table table = layout.at_offset("PT_NOTE", segment.offset, segment.size);
  const std::uint64_t align = segment.align == 8 ? 8 : 4;
  std::uint64_t at = 0;
  while (at + sizeof(Elf64_Nhdr) <= segment.size) {
    Fields fields = table.fields(at, sizeof(Elf64_Nhdr));
    const std::uint64_t name_size = fields.u32(), size = fields.u32();
    const std::uint32_t type = fields.u32();
    const std::uint64_t name_at = at + sizeof(Elf64_Nhdr);
    const std::uint64_t bytes_at = at + padded(sizeof(Elf64_Nhdr) + name_size, align);
    const std::string_view name = table.part(name_at, name_size);
    const std::string owner(name.substr(0, name.find('\0')));
    take_note(layout.header(), owner, type, table.part(bytes_at, size), facts);
    at = padded(bytes_at + size, align);
  }
}

}  // namespace

void read_notes(Layout& layout, Facts& facts) {
  for (const Segment& segment : layout.segments())
    if (segment.type == PT_NOTE) read_segment(layout, segment, facts);
}

}  // namespace fn::elf
