// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/entry.hpp"
#include "layer/raw_headers.hpp"

#include <string>
#include <vector>

namespace fn::img {

// An entry and the headers that it was read from.
struct EntryWithHeaders {
  layer::Entry entry;
  layer::RawHeaders headers;
};

// A field that both sides write differently although its value is the same.
struct Spelling {
  std::string field;  // "mode", "PAX atime"
  std::string a;
  std::string b;
};

// Where the headers of two entries differ without a difference in meaning: fields whose values are equal in both, PAX
// records that no layer needs, the names of extended headers. Names of owners are not compared.
std::vector<Spelling> compare_spelling(const EntryWithHeaders& a, const EntryWithHeaders& b);

// The PAX records of both sides only exist for values that differ anyway: nothing else makes one of them a header of
// another format.
bool format_follows_values(const EntryWithHeaders& a, const EntryWithHeaders& b);

}  // namespace fn::img
