// SPDX-License-Identifier: Apache-2.0
// The thread that reads the tar copies contents into batches: many small files in one, a large file in pieces over
// several. A full batch goes to a queue; whichever thread takes it writes its pieces where they belong, gives back the
// batch, and whoever writes the last byte of a file also sets its attributes and closes it. Pieces of one file may be
// written in any order, so each carries its offset, and the file counts what is done.
//
// Batches are used again and there are never more than `max_batches`: a reader that is faster than the disk waits for
// an empty one. A thread that fails keeps its error for the reader, which throws it at its next add() or drain(); the
// other threads stop. Nothing here touches a name: a file that was removed meanwhile is written all the same.
#include "layer/file_writers.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace fn::layer {
namespace {

constexpr std::size_t batch_bytes = 256 * KiB;
constexpr std::size_t batch_files = 8;  // each is an open descriptor
constexpr std::size_t max_batches = 32;
constexpr std::size_t hole_bytes = 64 * KiB;
constexpr unsigned max_writers = 8;

struct NewFile {
  sys::Fd fd;
  Entry entry;
  std::atomic<Bytes> done = 0;
  std::atomic<bool> has_holes = false;
};

// A part of a file's content; all of it unless the file is larger than a batch.
struct Piece {
  std::shared_ptr<NewFile> file;
  Bytes offset = 0;
  std::span<const std::byte> content;
};

// Small files go from thread to thread together.
struct Batch {
  std::unique_ptr<std::byte[]> bytes = std::make_unique_for_overwrite<std::byte[]>(batch_bytes);
  std::size_t used = 0;
  std::vector<Piece> pieces;

  bool has_room_for(Bytes size) const { return pieces.size() < batch_files && size <= batch_bytes - used; }
};

bool is_zero(std::span<const std::byte> bytes) {
  return bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

void pwrite_full(int fd, std::span<const std::byte> bytes, Bytes offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), off_t(offset));
    if (written < 0 && errno == EINTR) continue;
    sys::check(written, "cannot write '{}'", printable(path));
    bytes = bytes.subspan(std::size_t(written));
    offset += Bytes(written);
  }
}

void write_piece(const Piece& piece, Attributes& attributes) {
  NewFile& file = *piece.file;
  const std::string& path = file.entry.path;
  if (piece.content.size() >= hole_bytes && is_zero(piece.content))
    file.has_holes = true;
  else
    pwrite_full(file.fd.get(), piece.content, piece.offset, path);
  if (file.done.fetch_add(piece.content.size()) + piece.content.size() < file.entry.size) return;
  if (file.has_holes)
    sys::check(ftruncate(file.fd.get(), off_t(file.entry.size)), "cannot write '{}'", printable(path));
  attributes.set(file.fd.get(), Status::of(file.entry), file.entry.xattrs, path);
  file.fd.close(path);
}

}  // namespace

struct FileWriters::Impl {
  Impl(Attributes& to_set, unsigned count) : attributes(to_set) {
    try {
      for (unsigned n = 0; n < std::clamp(count, 1U, max_writers); ++n) threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      if (threads.empty()) fail(Kind::failure, "cannot start a thread");
    }
  }

  ~Impl() {
    {
      const std::scoped_lock lock(mutex);
      stopped = true;
    }
    work_came.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void add(const std::shared_ptr<NewFile>& file, TarReader& content) {
    const Bytes size = file->entry.size;
    Bytes offset = 0;
    do {
      if (current && !current->has_room_for(size - offset)) submit();
      if (!current) current = take_empty();
      const std::size_t length = std::size_t(std::min<Bytes>(size - offset, batch_bytes - current->used));
      const std::span<std::byte> part(current->bytes.get() + current->used, length);
      read_full(content, part, file->entry.path);
      current->pieces.push_back({.file = file, .offset = offset, .content = part});
      current->used += length;
      offset += length;
    } while (offset < size);
  }

  static void read_full(TarReader& content, std::span<std::byte> part, const std::string& path) {
    sys::check_interrupt();
    while (!part.empty()) {
      const std::size_t got = content.read(part);
      if (got == 0) fail(Kind::integrity, "tar entry '{}' is truncated", printable(path));
      part = part.subspan(got);
    }
  }

  std::unique_ptr<Batch> take_empty() {
    std::unique_lock lock(mutex);
    batch_came_back.wait(lock, [&] { return error || !empty.empty() || made < max_batches; });
    if (error) std::rethrow_exception(error);
    if (empty.empty()) {
      ++made;
      return std::make_unique<Batch>();
    }
    std::unique_ptr<Batch> batch = std::move(empty.back());
    empty.pop_back();
    return batch;
  }

  void submit() {
    {
      const std::scoped_lock lock(mutex);
      full.push_back(std::move(current));
    }
    work_came.notify_one();
  }

  void drain() {
    if (current) submit();
    std::unique_lock lock(mutex);
    batch_came_back.wait(lock, [&] { return error || (full.empty() && busy == 0); });
    if (error) std::rethrow_exception(error);
  }

  void work() noexcept {
    std::unique_lock lock(mutex);
    while (true) {
      work_came.wait(lock, [&] { return stopped || error || !full.empty(); });
      if (stopped || error) return;
      std::unique_ptr<Batch> batch = std::move(full.front());
      full.pop_front();
      ++busy;
      lock.unlock();
      const std::exception_ptr failure = write(*batch);
      lock.lock();
      --busy;
      if (failure && !error) {
        error = failure;
        work_came.notify_all();
      }
      empty.push_back(std::move(batch));
      batch_came_back.notify_one();
    }
  }

  std::exception_ptr write(Batch& batch) noexcept {
    std::exception_ptr failure;
    try {
      for (const Piece& piece : batch.pieces) write_piece(piece, attributes);
    } catch (...) {
      failure = std::current_exception();
    }
    batch.pieces.clear();
    batch.used = 0;
    return failure;
  }

  Attributes& attributes;
  std::unique_ptr<Batch> current;  // that is being filled

  std::mutex mutex;
  std::condition_variable work_came;
  std::condition_variable batch_came_back;
  std::deque<std::unique_ptr<Batch>> full;
  std::vector<std::unique_ptr<Batch>> empty;
  std::size_t made = 0;
  std::size_t busy = 0;  // threads that write
  std::exception_ptr error;
  bool stopped = false;
  std::vector<std::thread> threads;
};

FileWriters::FileWriters(Attributes& attributes, unsigned threads)
    : impl_(std::make_unique<Impl>(attributes, threads)) {}
FileWriters::~FileWriters() = default;

void FileWriters::add(sys::Fd file, Entry entry, TarReader& content) {
  auto created = std::make_shared<NewFile>();
  created->fd = std::move(file);
  created->entry = std::move(entry);
  impl_->add(created, content);
}

void FileWriters::drain() {
  impl_->drain();
}

}  // namespace fn::layer
