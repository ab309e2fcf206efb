// SPDX-License-Identifier: Apache-2.0
// A line that names the format, the count of packages, each of them, and the beginning of the SHA-256 of all that. A
// number has 7 bits in each byte, the lowest first, and 128 added in all but the last. Of a package's files each is the
// length that it shares with the one before and the rest.
//
// Rows of the index are only ours if nobody edits state.db, so nothing is taken on trust: a count is never larger than
// the bytes left could hold, memory is bounded by a Quota, and bytes behind the last package are an error. Whatever is
// wrong, another format too, is `integrity`.
#include "package/cache.hpp"

#include "base/hash.hpp"
#include "package/parse.hpp"

#include <algorithm>
#include <cstddef>

namespace fn::package {
namespace {

constexpr std::string_view magic = "fn packages 1\n";
constexpr std::size_t checksum_size = 8;
constexpr std::size_t max_memory = std::size_t{1} << 30;
constexpr std::size_t smallest_package = 6;

std::string checksum_of(std::string_view bytes) {
  const Sha256::Value hash = Sha256::of(bytes);
  return {hash.begin(), hash.begin() + checksum_size};
}

void put_number(std::string& out, std::size_t number) {
  for (; number >= 128; number >>= 7) out += static_cast<char>(number % 128 + 128);
  out += static_cast<char>(number);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

void put_files(std::string& out, const std::vector<std::string>& files) {
  put_number(out, files.size());
  std::string_view before;
  for (const std::string& file : files) {
    const auto differs = std::mismatch(before.begin(), before.end(), file.begin(), file.end()).second;
    const auto shared = static_cast<std::size_t>(differs - file.begin());
    put_number(out, shared);
    put_text(out, std::string_view(file).substr(shared));
    before = file;
  }
}

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  std::vector<Package> packages() {
    std::vector<Package> packages(count(smallest_package));
    quota_.spend(packages.size() * sizeof(Package));
    for (Package& package : packages) read(package);
    if (!rest_.empty()) refuse();
    return packages;
  }

 private:
  [[noreturn]] static void refuse() { fail(Kind::integrity, "the package list is corrupt"); }

  void read(Package& package) {
    const std::size_t ecosystem = number();
    if (ecosystem > static_cast<std::size_t>(Ecosystem::npm)) refuse();
    package.ecosystem = static_cast<Ecosystem>(ecosystem);
    for (std::string* slot : {&package.name, &package.version, &package.architecture, &package.root}) *slot = text();
    std::string file;
    for (std::size_t left = count(2); left > 0; --left) {
      const std::size_t shared = number();
      if (shared > file.size()) refuse();
      file.resize(shared);
      file += text();
      add_file(package, file, quota_);
    }
  }

  std::size_t number() {
    std::size_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (rest_.empty()) refuse();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::size_t{byte % 128u} << shift;
      if (byte < 128) return value;
    }
    refuse();
  }

  // Of things that take `smallest` bytes each at least.
  std::size_t count(std::size_t smallest) {
    const std::size_t value = number();
    if (value > rest_.size() / smallest) refuse();
    return value;
  }

  std::string_view text() {
    const std::size_t size = count(1);
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }

  std::string_view rest_;
  Quota quota_{max_memory};
};

}  // namespace

std::string encode(const std::vector<Package>& packages) {
  std::string out(magic);
  put_number(out, packages.size());
  for (const Package& package : packages) {
    put_number(out, static_cast<std::size_t>(package.ecosystem));
    for (const std::string* text : {&package.name, &package.version, &package.architecture, &package.root})
      put_text(out, *text);
    put_files(out, package.files);
  }
  return out + checksum_of(out);
}

std::vector<Package> decode(std::string_view bytes) {
  if (!bytes.starts_with(magic)) fail(Kind::integrity, "not a package list that this version of fn knows");
  if (bytes.size() < magic.size() + checksum_size) fail(Kind::integrity, "the package list is truncated");
  const std::string_view body = bytes.substr(0, bytes.size() - checksum_size);
  if (bytes.substr(body.size()) != checksum_of(body)) fail(Kind::integrity, "the package list is corrupt");
  return Decoder(body.substr(magic.size())).packages();
}

}  // namespace fn::package
