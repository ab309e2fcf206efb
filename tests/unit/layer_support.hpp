// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "layer/append_tar_header.hpp"
#include "layer/byte_source.hpp"
#include "layer/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace fn::layer::test {

// Bytes from memory, at most `piece` at a time.
class PieceSource final : public ByteSource {
 public:
  explicit PieceSource(std::string bytes, std::size_t piece = 1 << 20) : bytes_(std::move(bytes)), piece_(piece) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min({buffer.size(), piece_, bytes_.size() - position_});
    if (count > 0) std::memcpy(buffer.data(), bytes_.data() + position_, count);
    position_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t position_ = 0;
};

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Source>
std::string read_all(Source& source, std::size_t piece = 65536) {
  std::string all;
  std::vector<std::byte> buffer(piece);
  while (const std::size_t got = source.read(buffer)) all += text_of(std::span(buffer).first(got));
  return all;
}

// The message of the Error that `body` throws; "" if it throws none.
template <typename Body>
std::string error_of(Kind kind, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return {};
}

struct Member {
  Entry entry;
  std::string content = {};
  friend bool operator==(const Member&, const Member&) = default;
};

inline Member bare(Entry entry) {
  return {std::move(entry), {}};
}
inline Member file(std::string path, std::string content) {
  Entry entry{.path = std::move(path)};
  entry.size = content.size();
  return {std::move(entry), std::move(content)};
}
inline Entry directory(std::string path) {
  return {.path = std::move(path), .type = Type::directory, .mode = 0755};
}
inline Entry soft_link(std::string path, std::string target) {
  return {.path = std::move(path), .type = Type::symlink, .mode = 0777, .link = std::move(target)};
}
inline Entry hard_link(std::string path, std::string target) {
  return {.path = std::move(path), .type = Type::hardlink, .link = std::move(target)};
}

inline std::string padded(std::string content) {
  content.resize(content.size() + tar_padding(content.size()));
  return content;
}
inline std::string header_of(const Entry& entry) {
  std::vector<std::byte> out;
  append_tar_header(out, entry);
  return text_of(out);
}
inline std::string member_of(const Member& member) {
  return header_of(member.entry) + padded(member.content);
}
inline std::string trailer() {
  return std::string(tar_trailer, '\0');
}
inline std::string tar_of(const std::vector<Member>& members) {
  std::string tar;
  for (const Member& member : members) tar += member_of(member);
  return tar + trailer();
}

inline std::vector<Member> members_of(const std::string& tar, const TarLimits& limits = {},
                                      std::size_t piece = 1 << 20) {
  PieceSource source(tar, piece);
  TarReader reader(source, limits);
  std::vector<Member> members;
  while (auto entry = reader.next())
    members.push_back({*entry, read_all(reader, std::min<std::size_t>(piece, 1 << 16))});
  CHECK_FALSE(reader.next());
  return members;
}

// A header block made by hand, as other programs write it.
class RawHeader {
 public:
  RawHeader(std::string_view name, char type, Bytes size) {
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", size));
    put(136, "00000000000");
    block_[156] = type;
    put(257, std::string_view("ustar  \0", 8));
  }
  RawHeader& put(std::size_t offset, std::string_view bytes) {
    std::memcpy(block_.data() + offset, bytes.data(), bytes.size());
    return *this;
  }
  RawHeader& posix() { return put(257, std::string_view("ustar\00000", 8)); }
  std::string str() {
    std::memset(block_.data() + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : block_) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum));
    block_[154] = '\0';
    return {block_.data(), block_.size()};
  }

 private:
  TarBlock block_{};
};

inline std::string pax_record(std::string_view key, std::string_view value) {
  std::size_t length = key.size() + value.size() + 3;
  while (fmt::format("{} {}={}\n", length, key, value).size() != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}
inline std::string pax(const std::string& records, char type = 'x') {
  return RawHeader("pax", type, records.size()).posix().str() + padded(records);
}

}  // namespace fn::layer::test
