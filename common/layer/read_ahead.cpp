// SPDX-License-Identifier: Apache-2.0
// The source runs in a thread of our own, the reader in the caller's. Pieces of 1 MiB go round between them: the
// source's thread takes an empty one, fills it and queues it; the reader works off the first of the queue and gives it
// back when it wants the next. There are only as many pieces as were made at the start, two at least, so a source that
// is faster than its reader waits.
//
// The end and an error come behind the data: run() queues what was read before it sets `ended`, and the reader looks at
// `error` only when the queue is empty. The lock guards the queue and these marks; it is never held while the source is
// read. The destructor stops the thread, which looks for that between two reads of the source and while it waits for a
// piece. The source must outlive the object.
#include "layer/read_ahead.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace fn::layer {

struct ReadAhead::Impl {
  static constexpr std::size_t capacity = 1 * MiB;
  struct Piece {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };

  ByteSource& source;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Piece> full;
  std::vector<Piece> empty;
  std::exception_ptr error;
  bool ended = false;
  std::atomic<bool> stopped = false;
  Piece current;  // the reader's own, as is `position`
  std::size_t position = 0;
  std::thread thread;

  Impl(ByteSource& from, std::size_t buffers) : source(from) {
    for (std::size_t i = 0; i < std::max<std::size_t>(buffers, 2); ++i) {
      empty.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), 0});
    }
  }

  // Nothing after the reader is gone.
  bool take_empty(Piece& piece) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopped || !empty.empty(); });
    if (stopped) return false;
    piece = std::move(empty.back());
    empty.pop_back();
    return true;
  }

  void put_full(Piece piece) {
    const std::scoped_lock lock(mutex);
    full.push_back(std::move(piece));
    changed.notify_all();
  }

  // Fills the piece, so that a source of small reads does not cost a hand-over each.
  bool fill(Piece& piece) {
    piece.size = 0;
    while (piece.size < capacity && !stopped) {
      const auto got = source.read({piece.bytes.get() + piece.size, capacity - piece.size});
      if (got == 0) return false;
      piece.size += got;
    }
    return true;
  }

  void run() noexcept {
    Piece piece;
    std::exception_ptr failed;
    try {
      for (bool more = true; more && take_empty(piece);) {
        more = fill(piece);
        if (more) put_full(std::exchange(piece, {}));
      }
    } catch (...) {
      failed = std::current_exception();
    }
    const std::scoped_lock lock(mutex);
    if (piece.bytes && piece.size != 0) full.push_back(std::move(piece));
    error = failed;
    ended = true;
    changed.notify_all();
  }

  // False at the end of the stream.
  bool next_piece() {
    std::unique_lock lock(mutex);
    if (current.bytes) {
      empty.push_back(std::move(current));
      changed.notify_all();
    }
    changed.wait(lock, [&] { return ended || !full.empty(); });
    if (full.empty()) {
      if (error) std::rethrow_exception(error);
      return false;
    }
    current = std::move(full.front());
    full.pop_front();
    position = 0;
    return true;
  }
};

ReadAhead::ReadAhead(ByteSource& source, std::size_t buffers) : impl_(std::make_unique<Impl>(source, buffers)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->stopped = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

std::size_t ReadAhead::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return 0;
  if (impl_->position == impl_->current.size && !impl_->next_piece()) {
    impl_->current.size = impl_->position = 0;
    return 0;
  }
  const auto count = std::min(buffer.size(), impl_->current.size - impl_->position);
  std::memcpy(buffer.data(), impl_->current.bytes.get() + impl_->position, count);
  impl_->position += count;
  return count;
}

}  // namespace fn::layer
