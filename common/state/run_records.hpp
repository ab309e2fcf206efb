// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::state {

// What a run needs to know of an image.
struct RunRecord {
  std::string manifest;             // its digest
  std::vector<std::string> layers;  // of rootfs::LayerStore, lowest first
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> environment;  // NAME=value
  std::string working_dir;
  std::string user;

  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

// FN_HOME/runs: a record for each reference that was run, so that the next run opens neither the database nor the
// image's documents. Needs nothing but files: who only runs is not linked with SQLite.
//
// A record never outlives what it says. Whoever changes a reference forgets its record before the change is
// committed, within the transaction, and who writes one does so within a transaction, too (Store). So a reader that
// could open a record is ordered before that commit. A state.db or a document that is not the file that the record was
// made from (another program's doing) makes it worthless as well.
class RunRecords {
 public:
  explicit RunRecords(std::string home) : home_(std::move(home)) {}

  // The record of NAME[:TAG]. Nothing if there is none, or it doesn't count (any more): the database knows then.
  std::optional<RunRecord> find(std::string_view text) const;

  // The state of the files that a record is made from, state.db and these blobs: to be taken before they are read.
  // Nothing if one can't be looked at.
  std::optional<std::string> stamp(const std::vector<std::string>& digests) const;
  // `reference` is NAME:TAG, `stamp` of stamp(digests). Throws failure.
  void write(const std::string& reference, const RunRecord& record, const std::vector<std::string>& digests,
             const std::string& stamp) const;
  // Durably, if there is one. Throws failure.
  void forget(const std::string& reference) const;
  // What killed writers left.
  void remove_leftovers() const;

 private:
  std::string path() const { return home_ + "/runs"; }
  std::string home_;
};

}  // namespace fn::state
