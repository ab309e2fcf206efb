// SPDX-License-Identifier: Apache-2.0
#include "state/index_entries.hpp"

#include <algorithm>

namespace fn::state {

std::vector<oci::Descriptor> own_entries(const std::vector<ImageRow>& rows) {
  std::vector<oci::Descriptor> entries;
  for (const ImageRow& row : rows) {
    oci::Descriptor& entry = entries.emplace_back(row.descriptor);
    // skopeo takes all behind the second ":" of "oci:HOME:app:v1" for the name.
    entry.annotations = {{std::string(oci::annotation::ref_name), row.reference},
                         {std::string(oci::annotation::managed), "true"}};
  }
  return entries;
}

std::vector<oci::Descriptor> foreign_entries(const oci::Layout& layout, const std::vector<ImageRow>& rows) {
  std::vector<oci::Descriptor> entries;
  try {
    entries = layout.read_index();
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
  }
  std::erase_if(entries, [&](const oci::Descriptor& entry) {
    const std::string name = entry.annotation(oci::annotation::ref_name);
    const bool ours = entry.annotation(oci::annotation::managed) == "true";
    return ours || std::any_of(rows.begin(), rows.end(), [&](const ImageRow& row) { return row.reference == name; });
  });
  return entries;
}

}  // namespace fn::state
