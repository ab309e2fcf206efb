// SPDX-License-Identifier: Apache-2.0
#include "reader.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <cctype>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>

namespace fn::foreign {
namespace {

// "Truncated ZIP file data." as the middle of a message of ours.
std::string tidy(const char* text) {
  std::string message(trim(text ? text : "corrupt or truncated"));
  // What liblzma says at an early end.
  if (message.ends_with("No progress is possible")) return "truncated compressed data";
  while (message.ends_with('.') || message.ends_with('!')) message.pop_back();
  if (message.size() > 1 && std::isupper(message[0]) && std::islower(message[1]))
    message[0] = static_cast<char>(std::tolower(message[0]));
  return printable(message);
}

}  // namespace

// No exception may cross the frames of a C library: it waits in error_.
template <typename Body>
auto Reader::guarded(archive* a, Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    error_ = std::current_exception();
    archive_set_error(a, EIO, "read error");
    return ARCHIVE_FATAL;
  }
}

// libarchive runs a program for a filter that it was built without, and says so by a warning only.
bool Reader::is_built_in(Support support) {
  const std::unique_ptr<archive, Free> trial(archive_read_new());
  return trial && support(trial.get()) == ARCHIVE_OK;
}

Reader::Reader(layer::ByteSource& source, std::initializer_list<Support> supports, Input* seekable)
    : source_(source), seekable_(seekable), archive_(archive_read_new()), buffer_(256 * KiB) {
  if (!archive_) throw std::bad_alloc();
  for (const Support support : supports)
    if (is_built_in(support)) must(support(archive_.get()));
  archive_read_set_callback_data(archive_.get(), this);
  archive_read_set_read_callback(archive_.get(), on_read);
  if (seekable_) archive_read_set_seek_callback(archive_.get(), on_seek);
  must(archive_read_open1(archive_.get()));
}

archive_entry* Reader::next() {
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF && !error_) return nullptr;
  must(result);
  return entry;
}

std::size_t Reader::read(std::span<std::byte> buffer) {
  const la_ssize_t count = archive_read_data(archive_.get(), buffer.data(), buffer.size());
  must(count < 0 ? static_cast<int>(count) : ARCHIVE_OK);
  return static_cast<std::size_t>(count);
}

void Reader::expect_end() {
  while (const std::size_t count = source_.read(buffer_)) note(count);
  if (last_data_ > static_cast<Bytes>(archive_filter_bytes(archive_.get(), 0)))
    fail(Kind::integrity, "has data after the end of the archive");
}

la_ssize_t Reader::on_read(archive* a, void* data, const void** buffer) {
  auto& self = *static_cast<Reader*>(data);
  return self.guarded(a, [&] {
    const std::size_t count = self.source_.read(self.buffer_);
    self.note(count);
    *buffer = self.buffer_.data();
    return static_cast<la_ssize_t>(count);
  });
}

la_int64_t Reader::on_seek(archive* a, void* data, la_int64_t offset, int whence) {
  auto& self = *static_cast<Reader*>(data);
  return self.guarded(a, [&] { return static_cast<la_int64_t>(self.seekable_->seek(offset, whence)); });
}

// Remembers where the last byte that isn't zero stood.
void Reader::note(std::size_t count) {
  std::size_t data = count;
  while (data > 0 && buffer_[data - 1] == std::byte{0}) --data;
  if (data > 0) last_data_ = supplied_ + data;
  supplied_ += count;
}

void Reader::fail_unknown() {
  if (archive_filter_count(archive_.get()) > 1)
    fail(Kind::integrity, "empty or corrupt {} data", archive_filter_name(archive_.get(), 0));
  fail(Kind::integrity, "corrupt, or not an archive of a known format");
}

// A warning means that something is not as the archive has it, and counts as damage.
void Reader::must(int result) {
  if (error_) std::rethrow_exception(error_);
  if (result == ARCHIVE_OK) return;
  if (archive_errno(archive_.get()) == ENOMEM)
    fail(Kind::failure, "needs more memory than the archive helper is allowed");
  const char* const text = archive_error_string(archive_.get());
  if (text && std::string_view(text) == "Unrecognized archive format") fail_unknown();
  fail(Kind::integrity, "{}", tidy(text));
}

DecompressedSource::DecompressedSource(layer::ByteSource& source) : compressed_(source) {
  if (compressed_.head().starts_with("\x1f\x8b")) {
    gunzip_ = layer::decompress(compressed_, oci::Compression::gzip);
  } else if (!compressed_.head().empty()) {
    reader_.emplace(compressed_, std::initializer_list<Reader::Support>{
                                     archive_read_support_filter_bzip2, archive_read_support_filter_compress,
                                     archive_read_support_filter_lz4, archive_read_support_filter_lzip,
                                     archive_read_support_filter_lzma, archive_read_support_filter_xz,
                                     archive_read_support_filter_zstd, archive_read_support_format_raw});
    reader_->next();
  }
}

std::size_t DecompressedSource::read(std::span<std::byte> buffer) {
  if (gunzip_) return gunzip_->read(buffer);
  return reader_ ? reader_->read(buffer) : 0;
}

}  // namespace fn::foreign
