// SPDX-License-Identifier: Apache-2.0
#include "layer/tar_buffer.hpp"

#include "sys/signal.hpp"

#include <algorithm>
#include <cstring>

namespace fn::layer {
namespace {

constexpr std::size_t capacity = 128 * KiB;

}  // namespace

TarBuffer::TarBuffer(ByteSource& source)
    : source_(source), buffer_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

std::size_t TarBuffer::read(std::span<std::byte> out) {
  if (begin_ == end_) {
    if (out.size() >= capacity / 2) {
      const std::size_t got = source_.read(out);
      taken_ += got;
      return got;
    }
    if (!fill()) return 0;
  }
  const std::size_t count = std::min(out.size(), end_ - begin_);
  std::memcpy(out.data(), buffer_.get() + begin_, count);
  begin_ += count;
  return count;
}

std::size_t TarBuffer::read_full(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t got = read(out.subspan(done));
    if (got == 0) break;
    done += got;
  }
  return done;
}

bool TarBuffer::skip(Bytes count) {
  while (count > 0) {
    if (begin_ == end_ && !fill()) return false;
    const std::size_t step = std::size_t(std::min<Bytes>(count, end_ - begin_));
    begin_ += step;
    count -= step;
  }
  return true;
}

bool TarBuffer::zeros_to_end() {
  do {
    const auto rest = std::span(buffer_.get() + begin_, end_ - begin_);
    if (std::any_of(rest.begin(), rest.end(), [](std::byte byte) { return byte != std::byte{0}; })) return false;
    begin_ = end_;
  } while (fill());
  return true;
}

bool TarBuffer::fill() {
  sys::check_interrupt();
  begin_ = 0;
  end_ = source_.read({buffer_.get(), capacity});
  taken_ += end_;
  return end_ > 0;
}

}  // namespace fn::layer
