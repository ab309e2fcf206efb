// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/entry.hpp"
#include "layer/tar_form.hpp"

#include <string>
#include <vector>

namespace fn::img {

// An entry with the headers that it was read from.
struct Headed {
  layer::Entry entry;
  layer::TarForm form;
};

// A field that both sides write differently though it says the same.
struct Spelling {
  std::string field;  // "mode", "PAX atime"
  std::string a;
  std::string b;
};

// Where the headers of two entries differ without another meaning: fields whose values are equal in both, PAX records
// that no layer needs, the names of extended headers. Names of owners are not looked at.
std::vector<Spelling> compare_spelling(const Headed& a, const Headed& b);

// The PAX records of both sides are there only for values that differ themselves: nothing else makes one a header of
// another format.
bool format_follows_values(const Headed& a, const Headed& b);

}  // namespace fn::img
