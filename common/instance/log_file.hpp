// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sys/fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fn::instance {

// The output of a function: `log` in its instance's directory. At `limit` bytes it becomes log.1, in place of an
// earlier one.
class LogFile {
 public:
  static constexpr Bytes default_limit = 16 * MiB;

  // `dir` is borrowed. Throws failure.
  explicit LogFile(int dir, Bytes limit = default_limit);
  // Never throws: a full disk must not end the function. What can't be written is lost.
  void append(std::string_view bytes) noexcept;

 private:
  void open();
  int dir_;
  Bytes limit_;
  Bytes size_ = 0;
  sys::Fd file_;
};

// Reads such a log, also across its renaming.
class LogReader {
 public:
  // Begins with the last `lines` lines. Throws not_found if there is no log.
  LogReader(int dir, std::uint64_t lines);
  // What was added since; "" if nothing was.
  std::string read();

 private:
  sys::Fd open() const;
  int dir_;
  sys::Fd file_;
  std::string kept_;  // lines of log.1 that are still to be returned
};

}  // namespace fn::instance
