// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/call_record.hpp"
#include "sys/fd.hpp"

#include <functional>
#include <optional>
#include <string>

namespace fn::routing {

// From this size on the file becomes outcomes.1, in place of an earlier one, and a new one begins.
inline constexpr Bytes call_log_limit = 64 * MiB;

// Appends to FN_HOME/spool/outcomes, from any number of processes at once: one write(2) with O_APPEND for each record,
// which Linux's local file systems do not mix with another's. Not synced: a power cut may take the last records with
// it.
class CallLog {
 public:
  // Opens nothing yet. `limit` is for tests.
  explicit CallLog(const std::string& home, Bytes limit = call_log_limit);

  // Never throws, since the call is over and must not fail because of its record: an error (a full disk, no permission)
  // is returned for the caller to report. A truncated record is skipped by readers.
  std::optional<Error> append(const CallRecord& call) noexcept;
  // The same for a call that was made or failed just now, if it is a function's. Errors are not reported.
  void record(const CalledFunction& called, const call::Result& result, std::chrono::system_clock::time_point started);
  void record_no_start(const CalledFunction& called);

 private:
  void open();
  void write(const RecordBytes& record);
  void rotate();

  std::string directory_;
  std::string path_;
  Bytes limit_;
  sys::Fd file_;
};

// Calls `visit` with every call in outcomes.1 and then outcomes, in the order in which they were appended; those
// appended meanwhile may be missing. Returns the number of bytes that belong to no valid record: torn by a crash or a
// full disk, corrupt, or of another version. No file: no calls. Throws failure, unsupported if a file can't be read.
Bytes for_each_call(const std::string& home, const std::function<void(const CallRecord&)>& visit);

}  // namespace fn::routing
