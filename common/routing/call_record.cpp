// SPDX-License-Identifier: Apache-2.0
#include "routing/call_record.hpp"

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
  explicit Writer(RecordBytes& record) : next_(record.data()) {}

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

Status recorded_status(call::Status status) {
  switch (status) {
    case call::Status::success:
      return Status::ok;
    case call::Status::timeout:
      return Status::timeout;
    case call::Status::out_of_memory:
      return Status::out_of_memory;
    case call::Status::killed_by_signal:
      return Status::killed;
    case call::Status::init_error:
    case call::Status::init_timeout:
      return Status::init_error;
    case call::Status::not_started:
    case call::Status::bad_image:
    case call::Status::not_executable:
    case call::Status::missing_bootstrap:
    case call::Status::event_too_large:
    case call::Status::throttled:
      return Status::not_started;
    default:
      return Status::error;
  }
}

std::uint8_t digit_of(char letter) {
  return static_cast<std::uint8_t>(letter <= '9' ? letter - '0' : letter - 'a' + 10);
}

// Hexadecimal digits, "-" between them skipped.
template <std::size_t size>
void read_hex(std::string_view text, std::array<std::uint8_t, size>& bytes) {
  std::size_t digits = 0;
  for (const char letter : text) {
    if (letter == '-' || digits == 2 * size) continue;
    std::uint8_t& byte = bytes.at(digits / 2);
    byte = static_cast<std::uint8_t>((byte << 4U) | digit_of(letter));
    ++digits;
  }
}

CallRecord record_for(const CalledFunction& called, std::chrono::system_clock::time_point started) {
  CallRecord record;
  record.function = function_key(called.name);
  if (!called.image.empty()) read_hex(called.image.hex(), record.image);
  read_hex(called.instance, record.instance);
  record.started_at = started.time_since_epoch();
  return record;
}

}  // namespace

std::uint64_t function_key(std::string_view name) {
  const Sha256::Value digest = Sha256::of(name);
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key;
}

CallRecord record_of(const CalledFunction& called, const call::Result& result,
                     std::chrono::system_clock::time_point started) {
  CallRecord record = record_for(called, started);
  record.status = recorded_status(result.outcome.status);
  read_hex(result.request_id, record.request);
  record.duration = result.duration;
  record.init = result.init.value_or(std::chrono::microseconds(0));
  record.billed = std::chrono::ceil<std::chrono::milliseconds>(result.duration);
  record.peak_memory = result.peak_memory.value_or(0);
  return record;
}

CallRecord record_of_no_start(const CalledFunction& called) {
  CallRecord record = record_for(called, std::chrono::system_clock::now());
  record.status = Status::not_started;
  return record;
}

RecordBytes encode(const CallRecord& call) {
  RecordBytes record;
  const std::uint64_t init = std::min(count(call.init), init_mask);
  Writer writer(record);
  writer.bytes(record_magic)
      .number(call.function)
      .bytes(call.image)
      .bytes(call.request)
      .bytes(call.instance)
      .number(count(call.started_at))
      .number(call.peak_memory)
      .number(count(call.duration))
      .number(init | std::uint64_t(call.status) << 56)
      .number(count(call.billed));
  writer.number(checksum(record));
  return record;
}

std::optional<CallRecord> decode(std::span<const std::byte, record_size> bytes) {
  if (std::memcmp(bytes.data(), record_magic.data(), record_magic.size()) != 0) return std::nullopt;
  if (Reader(bytes.data() + checksum_at).number() != checksum(bytes)) return std::nullopt;
  CallRecord call;
  Reader reader(bytes.data() + record_magic.size());
  call.function = reader.number();
  reader.bytes(call.image);
  reader.bytes(call.request);
  reader.bytes(call.instance);
  call.started_at = duration<std::chrono::nanoseconds>(reader.number());
  call.peak_memory = reader.number();
  call.duration = duration<std::chrono::microseconds>(reader.number());
  const std::uint64_t init_and_status = reader.number();
  if (!is_status(init_and_status >> 56)) return std::nullopt;
  call.init = duration<std::chrono::microseconds>(init_and_status & init_mask);
  call.status = Status(init_and_status >> 56);
  call.billed = duration<std::chrono::milliseconds>(reader.number());
  return call;
}

}  // namespace fn::routing
