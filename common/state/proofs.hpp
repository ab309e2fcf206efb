// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "db/sqlite.hpp"
#include "oci/layout.hpp"

#include <map>

namespace fn::state {

// Blobs that were read whole and had their digest: proved once, then again only if the file is another one or was
// changed (its inode, size and times). What the medium itself turned is found by who reads all bytes. Not safe to use
// from several threads.
class Proofs {
 public:
  Proofs(db::Database& db, const oci::Layout& layout) : db_(&db), layout_(&layout) {}

  // The blob has its digest; it is read unless that is known.
  bool holds(const oci::Descriptor& blob);
  // A blob that was just written, so its bytes are known.
  void written(const oci::Digest& blob);
  // Remembers what was learned, for later processes. Lost or kept as a whole when the power fails.
  void save();

 private:
  bool is_known(const oci::Digest& blob, const std::string& stamp) const;

  db::Database* db_;
  const oci::Layout* layout_;
  std::map<oci::Digest, std::string> proved_;  // with the file's stamp
};

}  // namespace fn::state
