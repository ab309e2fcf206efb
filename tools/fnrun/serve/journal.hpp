// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <mutex>
#include <string>
#include <string_view>

namespace fn::serve {

// The log of calls while they run, written from any thread: lines on stderr as Lambda writes them, or with --json one
// object a line on stdout.
class Journal {
 public:
  Journal(bool json, bool quiet) : json_(json), quiet_(quiet) {}

  bool json() const { return json_; }
  // START, END, REPORT and what went wrong; not with --json or -q.
  void line(std::string_view text);
  // Output of a function. With --json: {"type":"log","request_id","text"}.
  void log(const std::string& request_id, std::string_view bytes);
  // With --json only.
  void object(const Json& object);
  // Throws failure if something could not be written to stdout.
  void check() const;

 private:
  void write(int fd, std::string_view text);

  bool json_;
  bool quiet_;
  mutable std::mutex mutex_;
  bool lost_ = false;  // some output to stdout
};

// The last bytes of a call's log (X-Amz-Log-Result).
class LogTail {
 public:
  static constexpr std::size_t limit = 4096;
  void add(std::string_view bytes);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace fn::serve
