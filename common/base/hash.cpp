// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

#include "base/error.hpp"

// The plain functions and not EVP: no provider has to be found and loaded at start-up, and their state can be kept.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace fn {
namespace {

constexpr std::size_t words = 8;
constexpr std::size_t saved_size = words * 4 + 8;  // without the unfinished block

void put_number(std::string& out, std::uint64_t value, int bytes) {
  while (bytes-- > 0) out += char((value >> (8 * bytes)) & 0xff);
}

std::uint64_t get_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

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

std::string Sha256::save() const {
  const SHA256_CTX& context = state_->context;
  std::string state;
  for (const std::uint32_t word : context.h) put_number(state, word, 4);
  // The number of bits, in two words.
  put_number(state, ((std::uint64_t{context.Nh} << 32) | context.Nl) >> 3, 8);
  state.append(reinterpret_cast<const char*>(context.data), context.num);
  return state;
}

Sha256 Sha256::restore(std::string_view state) {
  if (state.size() < saved_size) fail(Kind::integrity, "saved hash state is truncated");
  const std::uint64_t bytes = get_number(state.substr(words * 4, 8));
  const std::string_view rest = state.substr(saved_size);
  if (bytes >> 61 != 0 || rest.size() != bytes % SHA256_CBLOCK) fail(Kind::integrity, "saved hash state is corrupt");
  Sha256 hash;
  SHA256_CTX& context = hash.state_->context;
  for (std::size_t i = 0; i < words; ++i) context.h[i] = std::uint32_t(get_number(state.substr(i * 4, 4)));
  context.Nh = std::uint32_t(bytes >> 29);
  context.Nl = std::uint32_t(bytes << 3);
  context.num = unsigned(rest.size());
  rest.copy(reinterpret_cast<char*>(context.data), rest.size());
  return hash;
}

}  // namespace fn
