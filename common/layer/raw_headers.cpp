// SPDX-License-Identifier: Apache-2.0
#include "layer/raw_headers.hpp"

#include "layer/pax.hpp"

#include <algorithm>

namespace fn::layer {
namespace {

bool is_pax(const RawHeaders::Extended& header) {
  const char type = header.block[tar_field::type.offset];
  return type == 'x' || type == 'g';
}

// Version 7 has no magic, and other things may stand where ustar has the names.
std::string name_of(const RawHeaders& headers, const std::string& key, TarField field) {
  const auto records = pax_records(headers);
  if (const auto found = records.find(key); found != records.end()) return found->second;
  return format_name(headers) == "v7" ? std::string() : field_text(headers.block, field);
}

}  // namespace

std::string_view format_name(const RawHeaders& headers) {
  if (std::any_of(headers.before.begin(), headers.before.end(), is_pax)) return "pax";
  const std::string_view magic(headers.block.data() + tar_field::magic.offset, tar_field::magic.length);
  if (!headers.before.empty() || magic == std::string_view("ustar  \0", 8)) return "gnu";
  return magic.starts_with("ustar") ? "ustar" : "v7";
}

std::map<std::string, std::string> pax_records(const RawHeaders& headers) {
  std::map<std::string, std::string> records;
  for (const RawHeaders::Extended& header : headers.before)
    if (is_pax(header))
      for_each_pax_record(header.content, [&](std::string_view key, std::string_view value) {
        records.insert_or_assign(std::string(key), std::string(value));
      });
  return records;
}

std::string field_text(const TarBlock& block, TarField field) {
  const std::string_view bytes(block.data() + field.offset, field.length);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

std::string owner_name(const RawHeaders& headers) {
  return name_of(headers, "uname", tar_field::uname);
}

std::string group_name(const RawHeaders& headers) {
  return name_of(headers, "gname", tar_field::gname);
}

}  // namespace fn::layer
