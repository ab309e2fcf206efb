// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/client.hpp"

#include <string>

namespace fn::run {

// What is said of a call while it runs: the response on stdout, as it comes; the function's own output on stderr,
// between the lines START, END and REPORT. For JSON both are kept instead.
class CallPrinter {
 public:
  CallPrinter(bool keep, bool quiet, std::string request_id, std::string version);

  const instance::Receiver& receiver() const { return receiver_; }
  // Something of the call was seen.
  bool has_begun() const { return begun_; }
  // The lines at the end, and in a word what went wrong.
  void finish(const instance::CallResult& result);

  const std::string& response() const { return response_; }
  const std::string& log() const { return log_; }  // its end

 private:
  void begin();
  void take_log(std::string_view bytes);

  bool keep_;
  bool quiet_;
  std::string request_id_;
  std::string version_;
  instance::Receiver receiver_;
  bool begun_ = false;
  bool line_is_open_ = false;
  std::string response_;
  std::string log_;
};

}  // namespace fn::run
