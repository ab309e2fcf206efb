// SPDX-License-Identifier: Apache-2.0
#include "base/pack.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace fn {
namespace {

[[noreturn]] void fail_damaged() {
  fail(Kind::integrity, "packed data is corrupt");
}

}  // namespace

Packer& Packer::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += char((value & 0x7f) | 0x80);
  out_ += char(value);
  return *this;
}

Packer& Packer::signed_number(std::int64_t value) {
  const auto bits = std::uint64_t(value);
  return number((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

Packer& Packer::text(std::string_view text) {
  number(text.size());
  out_ += text;
  return *this;
}

Packer& Packer::text_after(std::string_view before, std::string_view text) {
  const auto differs = std::mismatch(before.begin(), before.end(), text.begin(), text.end()).second;
  const auto shared = std::size_t(differs - text.begin());
  number(shared);
  return this->text(text.substr(shared));
}

Packer& Packer::bytes(std::span<const std::uint8_t> bytes) {
  out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return *this;
}

std::string_view Unpacker::take(std::uint64_t count) {
  if (count > rest_.size()) fail_damaged();
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint64_t Unpacker::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) {
      if (shift == 63 && byte > 1) break;
      return value;
    }
  }
  fail_damaged();
}

std::uint64_t Unpacker::number_below(std::uint64_t limit) {
  const std::uint64_t value = number();
  if (value >= limit) fail_damaged();
  return value;
}

std::int64_t Unpacker::signed_number() {
  const std::uint64_t bits = number();
  return std::int64_t((bits >> 1) ^ (bits & 1 ? ~std::uint64_t{0} : 0));
}

std::string_view Unpacker::text() {
  return take(number());
}

void Unpacker::text_after(std::string& text) {
  const std::uint64_t shared = number();
  if (shared > text.size()) fail_damaged();
  text.resize(shared);
  text += this->text();
}

void Unpacker::bytes(std::span<std::uint8_t> out) {
  const std::string_view taken = take(out.size());
  std::copy(taken.begin(), taken.end(), out.begin());
}

}  // namespace fn
