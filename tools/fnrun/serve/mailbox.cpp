// SPDX-License-Identifier: Apache-2.0
// From the threads of the slots to the loop: a list under a mutex, and an eventfd that the loop polls. A sender puts
// its message in the list before it raises the eventfd; the loop empties the eventfd before it takes the list. In this
// order a message may wake the loop twice and never not at all. Messages of one slot stay in order. Nobody waits for
// anybody here: the list has no limit, since each slot has one call and each call a response of limited size.
#include "serve/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace fn::serve {

Mailbox::Mailbox() : event_(sys::check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "cannot create an event descriptor")) {}

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
