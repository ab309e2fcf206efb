// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/store.hpp"

#include <vector>

namespace fn::state {

// The entries of index.json for these rows.
std::vector<oci::Descriptor> own_entries(const std::vector<ImageRow>& rows);

// Entries that another tool wrote into index.json, except where a row has the same name. Nothing if the file is missing
// or corrupt.
std::vector<oci::Descriptor> foreign_entries(const oci::Layout& layout, const std::vector<ImageRow>& rows);

}  // namespace fn::state
