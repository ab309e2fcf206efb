// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state/store.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fn::state {

// What the two halves of the store say, each at one moment.
struct Halves {
  std::vector<ImageRow> rows;                               // state.db
  std::set<std::pair<std::string, oci::Digest>> unwritten;  // what rows got and lost since index.json was written
  std::int64_t last_unwritten = 0;                          // the highest id of these
  std::vector<oci::Descriptor> entries;                     // index.json
};

// Halves that were lost, and are to be made from the other or from the blobs.
struct Lost {
  bool database = false;
  bool index = false;
};

// How they differ. An entry is known by its name and digest; what else is written in it decides nothing.
struct Differences {
  std::vector<oci::Descriptor> foreign;  // entries of other tools, which stay as they are
  std::vector<oci::Descriptor> unknown;  // images that only index.json names, by NAME:TAG
  std::vector<oci::Descriptor> rivals;   // images whose name is another image's in state.db, or earlier in index.json
  std::vector<std::string> absent;       // images that index.json ought to name
  std::vector<std::string> altered;      // images of which index.json says something else beside name and digest
};

// `take_all`: entries with a NAME:TAG are unknown images and not foreign, whoever wrote them; else those that are
// marked as ours.
Differences compare(const Halves& halves, bool take_all);

// The entries of index.json for these rows.
std::vector<oci::Descriptor> own_entries(const std::vector<ImageRow>& rows);

// The name under which a rival is kept: its own, with the beginning of its digest behind it.
std::string rival_name(const oci::Descriptor& rival);

}  // namespace fn::state
