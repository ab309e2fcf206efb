// SPDX-License-Identifier: Apache-2.0
#include "mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace fn::serve {

Mailbox::Mailbox() : event_(sys::check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "cannot make an event descriptor")) {}

void Mailbox::post(Message message) {
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
  }
  eventfd_write(event_.get(), 1);
}

std::vector<Message> Mailbox::take() {
  eventfd_t ignored = 0;
  eventfd_read(event_.get(), &ignored);
  std::vector<Message> messages;
  const std::lock_guard lock(mutex_);
  messages.swap(messages_);
  return messages;
}

}  // namespace fn::serve
