// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/client.hpp"

#include <string>

namespace fn::run {

// Prints a call while it runs: the response on stdout, as it comes; the function's own output on stderr, between the
// lines START, END and REPORT. For JSON both are collected instead.
class CallPrinter {
 public:
  CallPrinter(bool keep, bool quiet, std::string request_id, std::string version);

  const call::Receiver& receiver() const { return receiver_; }
  // Some output of the call was printed.
  bool has_begun() const { return begun_; }
  // What is said next begins a line of its own.
  void end_line();
  // The lines at the end, and what went wrong, in a word and as the function reported it.
  void finish(const call::Result& result);

  const std::string& response() const { return response_; }
  const std::string& log() const { return log_; }  // its end

 private:
  void begin();
  void take_response(std::string_view bytes);
  void take_log(std::string_view bytes);

  bool keep_;
  bool quiet_;
  std::string request_id_;
  std::string version_;
  call::Receiver receiver_;
  bool begun_ = false;
  bool streams_are_one_;  // stdout and stderr go to the same place, such as a terminal
  enum class Open { nothing, log, response } open_line_ = Open::nothing;  // where the last byte was no newline
  std::string response_;
  std::string log_;
};

}  // namespace fn::run
