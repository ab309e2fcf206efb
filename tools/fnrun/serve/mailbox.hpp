// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/request.hpp"
#include "sys/fd.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace fn::serve {

// Messages from the thread of a slot to the loop.
struct ResponseHead {
  std::uint64_t call;
  std::string content_type;
  bool streaming;
};
struct ResponseChunk {
  std::uint64_t call;
  std::string bytes;
};
struct CallEnded {
  std::uint64_t call;
  std::size_t slot;
  call::Result result;
  std::string instance;    // its id; "": none was started
  std::string generation;  // of the slot's current instance; "": none
  std::string log_tail;
};
// The slot's instance ended while idle.
struct InstanceEnded {
  std::size_t slot;
};
using Message = std::variant<ResponseHead, ResponseChunk, CallEnded, InstanceEnded>;

// Passes messages from many threads to one, which polls fd().
class Mailbox {
 public:
  Mailbox();
  int fd() const { return event_.get(); }
  void post(Message message);
  // All messages so far, in order; resets fd().
  std::vector<Message> take();

 private:
  sys::Fd event_;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

}  // namespace fn::serve
