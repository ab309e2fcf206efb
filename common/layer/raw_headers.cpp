// SPDX-License-Identifier: Apache-2.0
#include "layer/tar_form.hpp"

#include "layer/pax.hpp"

#include <algorithm>

namespace fn::layer {
namespace {

bool is_pax(const TarForm::Extended& header) {
  const char type = header.block[tar_field::type.offset];
  return type == 'x' || type == 'g';
}

// Version 7 has no magic, and other things may stand where ustar has the names.
std::string name_of(const TarForm& form, const std::string& key, TarField field) {
  const auto records = pax_records(form);
  if (const auto found = records.find(key); found != records.end()) return found->second;
  return format_name(form) == "v7" ? std::string() : field_text(form.block, field);
}

}  // namespace

std::string_view format_name(const TarForm& form) {
  if (std::any_of(form.before.begin(), form.before.end(), is_pax)) return "pax";
  const std::string_view magic(form.block.data() + tar_field::magic.offset, tar_field::magic.length);
  if (!form.before.empty() || magic == std::string_view("ustar  \0", 8)) return "gnu";
  return magic.starts_with("ustar") ? "ustar" : "v7";
}

std::map<std::string, std::string> pax_records(const TarForm& form) {
  std::map<std::string, std::string> records;
  for (const TarForm::Extended& header : form.before)
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

std::string owner_name(const TarForm& form) {
  return name_of(form, "uname", tar_field::uname);
}

std::string group_name(const TarForm& form) {
  return name_of(form, "gname", tar_field::gname);
}

}  // namespace fn::layer
