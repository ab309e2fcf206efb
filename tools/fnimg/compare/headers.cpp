// SPDX-License-Identifier: Apache-2.0
#include "compare/headers.hpp"

#include <set>
#include <string_view>

namespace fn::img {
namespace {

using layer::Entry;
using layer::TarBlock;
using layer::TarField;

namespace field = layer::tar_field;

std::string_view bytes_of(const TarBlock& block, TarField where) {
  return {block.data() + where.offset, where.length};
}

// Without the NULs at the end: '0000644', or '' for a field that is not used.
std::string shown(std::string_view bytes) {
  return std::string(bytes.substr(0, bytes.find_last_not_of('\0') + 1));
}

// A part of the header block, and whether both entries mean the same by it.
struct Part {
  std::string_view name;
  TarField where;
  bool same_meaning;
};

std::vector<Part> parts_of(const Entry& a, const Entry& b) {
  const bool same_device = a.device_major == b.device_major && a.device_minor == b.device_minor;
  return {{"name", field::name, a.path == b.path},
          {"prefix", field::prefix, a.path == b.path},
          {"mode", field::mode, a.mode == b.mode},
          {"uid", field::uid, a.uid == b.uid},
          {"gid", field::gid, a.gid == b.gid},
          {"size", field::size, a.size == b.size},
          {"mtime", field::mtime, a.mtime == b.mtime && a.mtime_ns == b.mtime_ns},
          {"type", field::type, a.type == b.type},
          {"link", field::link, a.link == b.link},
          {"magic", field::magic, true},
          {"device major", field::device_major, same_device},
          {"device minor", field::device_minor, same_device},
          {"last 12 bytes", field::tail, true}};
}

bool same_meaning(const std::string& key, const Entry& a, const Entry& b) {
  if (key == "path") return a.path == b.path;
  if (key == "linkpath") return a.link == b.link;
  if (key == "size") return a.size == b.size;
  if (key == "uid") return a.uid == b.uid;
  if (key == "gid") return a.gid == b.gid;
  if (key == "mtime") return a.mtime == b.mtime && a.mtime_ns == b.mtime_ns;
  if (key == "uname" || key == "gname") return false;  // their own cause
  return !key.starts_with("SCHILY.xattr.") || a.xattrs == b.xattrs;
}

void compare_records(const EntryWithHeaders& a, const EntryWithHeaders& b, std::vector<Spelling>& found) {
  const auto records_a = pax_records(a.headers);
  const auto records_b = pax_records(b.headers);
  std::set<std::string> keys;
  for (const auto& [key, value] : records_a) keys.insert(key);
  for (const auto& [key, value] : records_b) keys.insert(key);
  for (const std::string& key : keys) {
    const auto in_a = records_a.find(key);
    const auto in_b = records_b.find(key);
    const std::string value_a = in_a == records_a.end() ? "-" : in_a->second;
    const std::string value_b = in_b == records_b.end() ? "-" : in_b->second;
    if (value_a != value_b && same_meaning(key, a.entry, b.entry)) found.push_back({"PAX " + key, value_a, value_b});
  }
}

// GNU tar and others put the number of their process into the names of extended headers.
void compare_extended(const EntryWithHeaders& a, const EntryWithHeaders& b, std::vector<Spelling>& found) {
  const auto& before_a = a.headers.before;
  const auto& before_b = b.headers.before;
  if (before_a.size() != before_b.size()) {
    found.push_back({"extended headers", std::to_string(before_a.size()), std::to_string(before_b.size())});
    return;
  }
  for (std::size_t n = 0; n < before_a.size(); ++n) {
    const auto& [block_a, content_a] = before_a[n];
    const auto& [block_b, content_b] = before_b[n];
    const std::string name_a = field_text(block_a, field::name);
    const std::string name_b = field_text(block_b, field::name);
    if (name_a != name_b) {
      found.push_back({"extended header's name", name_a, name_b});
    } else if (content_a == content_b && block_a != block_b) {
      found.push_back({"extended header's fields", "", ""});
    }
  }
}

}  // namespace

std::vector<Spelling> compare_spelling(const EntryWithHeaders& a, const EntryWithHeaders& b) {
  std::vector<Spelling> found;
  if (a.headers.block == b.headers.block && a.headers.before.empty() && b.headers.before.empty()) return found;
  for (const Part& part : parts_of(a.entry, b.entry)) {
    const std::string_view bytes_a = bytes_of(a.headers.block, part.where);
    const std::string_view bytes_b = bytes_of(b.headers.block, part.where);
    if (part.same_meaning && bytes_a != bytes_b)
      found.push_back({std::string(part.name), shown(bytes_a), shown(bytes_b)});
  }
  compare_records(a, b, found);
  compare_extended(a, b, found);
  return found;
}

bool format_follows_values(const EntryWithHeaders& a, const EntryWithHeaders& b) {
  const bool is_pax = format_name(a.headers) == "pax" || format_name(b.headers) == "pax";
  const bool same_magic = bytes_of(a.headers.block, field::magic) == bytes_of(b.headers.block, field::magic);
  if (!is_pax || !same_magic) return false;
  for (const layer::RawHeaders* headers : {&a.headers, &b.headers})
    for (const auto& [key, value] : pax_records(*headers))
      if (same_meaning(key, a.entry, b.entry)) return false;
  return true;
}

}  // namespace fn::img
