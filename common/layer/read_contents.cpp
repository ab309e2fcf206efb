// SPDX-License-Identifier: Apache-2.0
// The items are taken one at a time by whichever thread is free, the caller's among them; each is read in pieces of 1
// MiB and known at its end. A thread touches no item but the one that it took. The first error stops all threads, each
// after the item that it is at, and is thrown when they have ended; what was learned until then stays in the items and
// with their origins.
#include "layer/read_contents.hpp"

#include "sys/signal.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace fn::layer {
namespace {

constexpr Bytes piece = 1 * MiB;

void learn_content(Item& item, std::vector<std::byte>& buffer) {
  const auto reader = item.origin->open(item);
  ContentHasher hasher;
  for (Bytes at = 0; at < item.entry.size; at += piece) {
    sys::check_interrupt();
    const std::span<std::byte> part = std::span(buffer).first(std::min(piece, item.entry.size - at));
    reader->read(at, part);
    hasher.update(part);
  }
  reader->finish();
  item.content = hasher.finish();
  if (reader->is_settled()) item.origin->remember(item, *item.content);
}

}  // namespace

void read_contents(std::vector<Item>& items, unsigned threads) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    try {
      std::vector<std::byte> buffer(piece);
      for (std::size_t n = next++; n < items.size(); n = next++)
        if (items[n].entry.size > 0 && !items[n].content) learn_content(items[n], buffer);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      next = items.size();
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  if (error) std::rethrow_exception(error);
}

std::string read_content(const Item& item) {
  std::string content(item.entry.size, '\0');
  const auto reader = item.origin->open(item);
  reader->read(0, std::as_writable_bytes(std::span(content)));
  reader->finish();
  return content;
}

}  // namespace fn::layer
