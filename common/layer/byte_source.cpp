// SPDX-License-Identifier: Apache-2.0
#include "layer/byte_source.hpp"

#include "sys/fd.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <unistd.h>

namespace fn::layer {

std::size_t FdSource::read(std::span<std::byte> buffer) {
  while (true) {
    const auto got = ::read(fd_, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    const int saved = errno;
    if (saved != EINTR) sys::fail_errno(saved, fmt::format("cannot read '{}'", name_));
    sys::check_interrupt();
  }
}

std::size_t MemorySource::read(std::span<std::byte> buffer) {
  const auto count = std::min(buffer.size(), rest_.size());
  std::copy_n(rest_.begin(), count, buffer.begin());
  rest_ = rest_.subspan(count);
  return count;
}

std::size_t HashingSource::read(std::span<std::byte> buffer) {
  const auto got = source_.read(buffer);
  hash_.update(std::span<const std::byte>(buffer.first(got)));
  count_ += got;
  return got;
}

void drain(ByteSource& source) {
  constexpr std::size_t piece = 256 * KiB;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece);
  while (source.read({buffer.get(), piece}) != 0) sys::check_interrupt();
}

}  // namespace fn::layer
