// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/image.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::oci {

// A blob being written: hashed as it is written, named by its digest once it is durable. Dropped without commit().
class BlobWriter {
 public:
  void write(std::span<const std::byte> bytes);
  // Writes bytes that need not be hashed: `behind` is the hash state of the blob up to their end.
  void write(std::span<const std::byte> bytes, const Sha256& behind);
  const Sha256& hash() const { return hash_; }  // of what was written so far
  Bytes size() const { return file_.size(); }
  // fsync, then blobs/sha256/HEX, then fsync of the directory. A blob of that name is replaced: it has the same bytes,
  // or is corrupt.
  Digest commit();
  // The same for bytes that must have this digest; throws integrity and stores nothing if they don't.
  void commit(const Digest& expected);

 private:
  friend class Layout;
  BlobWriter(int dir, const std::string& name) : file_(dir, name, 0644) {}
  sys::TempFile file_;
  Sha256 hash_;
};

// A blob's file at one moment.
struct BlobStamp {
  std::string text;      // inode, size, mtime and ctime
  bool settled = false;  // any later change shows: the last one was not within the present tick of the kernel's clock
};

// The content of the file oci-layout.
inline constexpr std::string_view layout_marker = R"({"imageLayoutVersion":"1.0.0"})";

// An OCI image layout: a directory with oci-layout, index.json and blobs/sha256 (image-spec, image-layout.md).
class Layout {
 public:
  // Opens one that exists: not_found if the directory or oci-layout is missing, integrity if its version is not 1.0.0.
  static Layout open(const std::string& path);
  // Creates what is missing (directories 0755, oci-layout, an empty index.json), then opens it.
  static Layout create(const std::string& path);

  const std::string& path() const { return path_; }

  // The blob's size, or nothing if there is no such blob.
  std::optional<Bytes> blob_size(const Digest& digest) const;
  // Reads all of the blob: it is there, and has its size and digest.
  bool holds(const Descriptor& blob) const;
  // What tells a blob's file from all others and from itself after a change; nothing if there is no such file.
  std::optional<BlobStamp> blob_stamp(const Digest& digest) const;
  // For streaming: the size is checked here, the digest by the reader. Throws not_found, integrity.
  sys::Fd open_blob(const Descriptor& descriptor) const;
  // Reads a small document and checks its size and digest. Throws not_found, integrity; usage over `max_bytes`.
  std::string read_blob(const Descriptor& descriptor, Bytes max_bytes = 16 * MiB) const;
  BlobWriter new_blob() const;
  // Stores a document, unless it already exists and is intact.
  Descriptor put(std::string_view bytes, std::string_view media_type) const;
  // A blob of another layout, as a symbolic link: for layouts that live shorter than the other.
  void link_blob(const Digest& digest, const Layout& other) const;
  // Stores the texts of its documents.
  void put_documents(const Image& image) const;
  // No error if nothing is there.
  void remove_blob(const Digest& digest) const;
  // All blobs, sorted. Names that are not digests are passed to `stray` with their path inside the layout.
  std::vector<Digest> blobs(const std::function<void(const std::string&)>& stray = {}) const;
  // Makes all names in blobs/sha256 durable, including those that another process created.
  void sync() const;
  // Removes ".tmp-" names that a killed writer left. Only safe while no writer runs.
  std::size_t remove_leftovers() const;

  // index.json: its manifest descriptors, in order.
  std::vector<Descriptor> read_index() const;
  // What can be read of it: all entries, those that are whole if it is damaged, none if it is missing.
  std::vector<Descriptor> salvage_index() const;
  // Gives the file that is there a second name, which it keeps when index.json is replaced, and says which:
  // "index.json.damaged-" and the beginning of its digest.
  std::string keep_damaged_index() const;
  // Held from reading index.json until it was replaced, by all who change it: also in layouts that are not a state.
  sys::FileLock lock(std::chrono::milliseconds timeout) const;
  // Replaces index.json atomically and durably; does nothing if its bytes are already the same.
  void write_index(const std::vector<Descriptor>& manifests) const;

  // The image a descriptor names; through an index, nested up to 4 deep (the entry for `platform`, attestations
  // skipped) if it is one. Reads manifest and config, checks digests and check_consistency(). not_found if the index
  // has nothing for the platform; integrity.
  Image load(const Descriptor& descriptor, const Platform& platform = Platform::host()) const;

 private:
  Layout(std::string path, sys::Fd dir, sys::Fd blobs)
      : path_(std::move(path)), dir_(std::move(dir)), blobs_(std::move(blobs)) {}
  std::optional<std::string> index_text() const;
  std::string path_;
  sys::Fd dir_;
  sys::Fd blobs_;  // blobs/sha256
};

}  // namespace fn::oci
