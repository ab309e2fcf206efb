// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/outcome.hpp"
#include "sys/fd.hpp"

#include <functional>
#include <optional>
#include <string>

namespace fn::routing {

// From this size on the file of outcomes becomes outcomes.1, in place of an earlier one, and a new one begins.
inline constexpr Bytes outcome_file_limit = 64 * MiB;

// Appends to FN_HOME/spool/outcomes, from any number of processes at once: one write(2) with O_APPEND for each record,
// which Linux's local file systems do not mix with another's. Not synced: a power cut may take the last records with
// it.
class OutcomeLog {
 public:
  // Opens nothing yet. `limit` is another one for tests.
  explicit OutcomeLog(const std::string& home, Bytes limit = outcome_file_limit);

  // Never throws, since the call that it tells of is over and must not fail for it: what went wrong (a full disk, no
  // permission) is given back, to be said. A record that was cut short is skipped by who reads.
  std::optional<Error> append(const Outcome& outcome) noexcept;

 private:
  void open();
  void write(const Record& record);
  void rotate();

  std::string directory_;
  std::string path_;
  Bytes limit_;
  sys::Fd file_;
};

// Calls `visit` with every outcome in outcomes.1 and then outcomes, in the order in which they were appended; those
// that are appended meanwhile may be missing. Returns the number of bytes that are no record: torn by a crash or a full
// disk, damaged, or of another version. Nothing there is no outcome. Throws failure, unsupported if a file can't be
// read.
Bytes for_each_outcome(const std::string& home, const std::function<void(const Outcome&)>& visit);

}  // namespace fn::routing
