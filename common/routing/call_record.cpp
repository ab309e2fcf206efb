// SPDX-License-Identifier: Apache-2.0
#include "routing/outcome.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fn::routing {
namespace {

constexpr std::size_t checksum_at = record_size - 8;
constexpr std::uint64_t init_mask = (std::uint64_t{1} << 56) - 1;

// Fills a record from the left.
class Writer {
 public:
  explicit Writer(Record& record) : next_(record.data()) {}

  template <std::size_t N>
  Writer& bytes(const std::array<std::uint8_t, N>& value) {
    std::memcpy(next_, value.data(), N);
    next_ += N;
    return *this;
  }
  Writer& number(std::uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) *next_++ = std::byte(value & 0xff);
    return *this;
  }

 private:
  std::byte* next_;
};

class Reader {
 public:
  explicit Reader(const std::byte* bytes) : next_(bytes) {}

  template <std::size_t N>
  void bytes(std::array<std::uint8_t, N>& value) {
    std::memcpy(value.data(), next_, N);
    next_ += N;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(next_[i]);
    next_ += 8;
    return value;
  }

 private:
  const std::byte* next_;
};

template <typename Duration>
std::uint64_t count(Duration duration) {
  return std::uint64_t(std::max<typename Duration::rep>(duration.count(), 0));
}

template <typename Duration>
Duration duration(std::uint64_t count) {
  return Duration(typename Duration::rep(count));
}

std::uint64_t checksum(std::span<const std::byte, record_size> record) {
  return XXH3_64bits(record.data(), checksum_at);
}

bool is_status(std::uint64_t value) {
  return value >= std::uint64_t(Status::ok) && value <= std::uint64_t(Status::not_started);
}

}  // namespace

std::uint64_t function_key(std::string_view name) {
  const Sha256::Value digest = Sha256::of(name);
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key;
}

Record encode(const Outcome& outcome) {
  Record record;
  const std::uint64_t init = std::min(count(outcome.init), init_mask);
  Writer writer(record);
  writer.bytes(record_magic)
      .number(outcome.function)
      .bytes(outcome.image)
      .bytes(outcome.request)
      .bytes(outcome.instance)
      .number(count(outcome.started_at))
      .number(outcome.peak_memory)
      .number(count(outcome.duration))
      .number(init | std::uint64_t(outcome.status) << 56)
      .number(count(outcome.billed));
  writer.number(checksum(record));
  return record;
}

std::optional<Outcome> decode(std::span<const std::byte, record_size> bytes) {
  if (std::memcmp(bytes.data(), record_magic.data(), record_magic.size()) != 0) return std::nullopt;
  if (Reader(bytes.data() + checksum_at).number() != checksum(bytes)) return std::nullopt;
  Outcome outcome;
  Reader reader(bytes.data() + record_magic.size());
  outcome.function = reader.number();
  reader.bytes(outcome.image);
  reader.bytes(outcome.request);
  reader.bytes(outcome.instance);
  outcome.started_at = duration<std::chrono::nanoseconds>(reader.number());
  outcome.peak_memory = reader.number();
  outcome.duration = duration<std::chrono::microseconds>(reader.number());
  const std::uint64_t init_and_status = reader.number();
  if (!is_status(init_and_status >> 56)) return std::nullopt;
  outcome.init = duration<std::chrono::microseconds>(init_and_status & init_mask);
  outcome.status = Status(init_and_status >> 56);
  outcome.billed = duration<std::chrono::milliseconds>(reader.number());
  return outcome;
}

}  // namespace fn::routing
