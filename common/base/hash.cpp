// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

// The plain functions and not EVP: no provider has to be found and loaded at start-up, and their state can be kept.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace fn {

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  SHA256_Init(&state_->context);
}

Sha256::Sha256(const Sha256& other) : state_(std::make_unique<State>(*other.state_)) {}

Sha256::Sha256(Sha256&& other) noexcept = default;

Sha256& Sha256::operator=(Sha256 other) noexcept {
  state_.swap(other.state_);
  return *this;
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view bytes) {
  update(std::as_bytes(std::span(bytes)));
}

Sha256::Value Sha256::finish() {
  Value value{};
  SHA256_Final(value.data(), &state_->context);
  return value;
}

Sha256::Value Sha256::of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace fn
