// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fn {

// Streaming SHA-256 (FIPS 180-4), OpenSSL's implementation. Copying an object copies the state of the computation.
class Sha256 {
 public:
  using Value = std::array<std::uint8_t, 32>;

  Sha256();
  Sha256(const Sha256& other);
  Sha256(Sha256&& other) noexcept;
  Sha256& operator=(Sha256 other) noexcept;
  ~Sha256();

  void update(std::span<const std::byte> bytes);
  void update(std::string_view bytes);

  // The hash of everything that was added. The object must not be used afterwards.
  Value finish();

  static Value of(std::string_view bytes);

  // The state of the computation: 8 words of the hash, the number of bytes (both big-endian), and the bytes of an
  // incomplete block. restore() throws integrity for anything that save() cannot have produced.
  std::string save() const;
  static Sha256 restore(std::string_view state);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fn
