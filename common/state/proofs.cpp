// SPDX-License-Identifier: Apache-2.0
#include "state/proofs.hpp"

namespace fn::state {

bool Proofs::holds(const oci::Descriptor& blob) {
  // Of before the bytes are read: who changes them meanwhile changes it.
  const auto stamp = layout_->blob_stamp(blob.digest);
  if (!stamp) return false;
  if (is_known(blob.digest, stamp->text) && layout_->blob_size(blob.digest) == blob.size) return true;
  if (!layout_->holds(blob)) return false;
  if (stamp->settled) proved_[blob.digest] = stamp->text;
  return true;
}

bool Proofs::is_known(const oci::Digest& blob, const std::string& stamp) const {
  if (const auto here = proved_.find(blob); here != proved_.end()) return here->second == stamp;
  db::Statement row = db_->query("SELECT file FROM proof WHERE digest = ?");
  row.bind(blob.str());
  return row.step() && row.text(0) == stamp;
}

void Proofs::written(const oci::Digest& blob) {
  if (const auto stamp = layout_->blob_stamp(blob)) proved_[blob] = stamp->text;
}

void Proofs::save() {
  if (proved_.empty()) return;
  db::Transaction transaction(*db_, db::Transaction::Durable::later);
  db::Statement insert = db_->query("INSERT OR REPLACE INTO proof (digest, file) VALUES (?, ?)");
  for (const auto& [digest, text] : proved_) {
    const auto stamp = layout_->blob_stamp(digest);
    if (stamp && stamp->text == text && stamp->settled) insert.bind(digest.str()).bind(text).run();
  }
  transaction.commit();
}

}  // namespace fn::state
