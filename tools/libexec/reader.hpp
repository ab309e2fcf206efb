// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"
#include "streams.hpp"

#include <archive.h>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

namespace fn::foreign {

// A libarchive reader over a stream of ours.
class Reader {
 public:
  using Support = int (*)(archive*);

  // `seekable` is `source` if formats may seek in it.
  Reader(layer::ByteSource& source, std::initializer_list<Support> supports, Input* seekable = nullptr);

  // Returns nothing at the end. The entry is valid until the next call.
  archive_entry* next();

  // Reads the content of the entry; 0 at its end, after its checksum was verified.
  std::size_t read(std::span<std::byte> buffer);

  bool is_a(int format) const { return (archive_format(archive_.get()) & ARCHIVE_FORMAT_BASE_MASK) == format; }

  // libarchive stops at the end of the archive, and mistakes part of an ar header for one. Only padding may follow.
  void expect_end();

 private:
  struct Free {
    void operator()(archive* a) const { archive_read_free(a); }
  };

  static bool is_built_in(Support support);
  static la_ssize_t on_read(archive* a, void* data, const void** buffer);
  static la_int64_t on_seek(archive* a, void* data, la_int64_t offset, int whence);
  template <typename Body>
  auto guarded(archive* a, Body&& body) noexcept -> decltype(body());
  void note(std::size_t count);
  [[noreturn]] void fail_unknown();
  void must(int result);

  layer::ByteSource& source_;
  Input* seekable_;
  std::unique_ptr<archive, Free> archive_;
  std::vector<std::byte> buffer_;
  std::exception_ptr error_;
  Bytes supplied_ = 0;
  Bytes last_data_ = 0;
};

// The content of a reader's current entry as a stream.
class MemberSource final : public layer::ByteSource {
 public:
  explicit MemberSource(Reader& reader) : reader_(reader) {}
  std::size_t read(std::span<std::byte> buffer) override { return reader_.read(buffer); }

 private:
  Reader& reader_;
};

// A stream without its compression. gzip is decoded by our own decoder: libarchive ignores gzip's checksum.
class DecompressedSource final : public layer::ByteSource {
 public:
  explicit DecompressedSource(layer::ByteSource& source);
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  PeekableSource compressed_;
  std::unique_ptr<layer::ByteSource> gunzip_;
  std::optional<Reader> reader_;
};

}  // namespace fn::foreign
