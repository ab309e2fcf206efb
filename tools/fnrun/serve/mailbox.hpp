// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/call.hpp"
#include "lambda/outcome.hpp"
#include "sys/fd.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace fn::serve {

// What the thread of a slot says to the loop.
struct Head {
  std::uint64_t call;
  std::string content_type;
  bool streaming;
};
struct Chunk {
  std::uint64_t call;
  std::string bytes;
};
struct Done {
  std::uint64_t call;
  std::size_t slot;
  lambda::Outcome outcome;
  instance::CallResult result;
  std::string instance;    // its id; "": none was started
  std::string generation;  // of the instance that the slot has now; "": none
  std::string log_tail;
};
// The slot's instance ended while it had no call.
struct Cooled {
  std::size_t slot;
};
using Message = std::variant<Head, Chunk, Done, Cooled>;

// Messages of many threads to one, which polls fd().
class Mailbox {
 public:
  Mailbox();
  int fd() const { return event_.get(); }
  void post(Message message);
  // All that came, in order; empties fd().
  std::vector<Message> take();

 private:
  sys::Fd event_;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

}  // namespace fn::serve
