// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fn {

// Writes values one after the other into a string, for caches that only we read. Numbers take 7 bits a byte, least
// significant first (LEB128); signed ones are folded, so that small ones of either sign are short.
class Packer {
 public:
  Packer& number(std::uint64_t value);
  Packer& signed_number(std::int64_t value);
  Packer& text(std::string_view text);  // length, then the bytes
  // A text of a sorted list: the length of the prefix that it shares with the previous one, then the rest.
  Packer& text_after(std::string_view before, std::string_view text);
  Packer& bytes(std::span<const std::uint8_t> bytes);  // of a length that the reader knows

  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what a Packer wrote; `packed` must outlive it. Throws integrity for bytes that a Packer cannot have written.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : rest_(packed) {}

  bool at_end() const { return rest_.empty(); }
  std::uint64_t number();
  std::uint64_t number_below(std::uint64_t limit);
  std::int64_t signed_number();
  std::string_view text();
  void text_after(std::string& text);  // `text` is the previous one, and becomes the next
  void bytes(std::span<std::uint8_t> out);

 private:
  std::string_view take(std::uint64_t count);
  std::string_view rest_;
};

}  // namespace fn
