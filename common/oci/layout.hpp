// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/image.hpp"
#include "sys/file.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::oci {

// A blob that comes to be: hashed while it is written, named by its digest when it is durable. Dropped without
// commit().
class BlobWriter {
 public:
  void write(std::span<const std::byte> bytes);
  // Writes bytes that need no hashing: `behind` is the hash of all that is in the blob after them.
  void write(std::span<const std::byte> bytes, const Sha256& behind);
  const Sha256& hash() const { return hash_; }  // of what was written so far
  Bytes size() const { return file_.size(); }
  // fsync, then blobs/sha256/HEX, then fsync of the directory. A blob of that name is replaced: it has the same bytes,
  // or was damaged.
  Digest commit();
  // The same for bytes that must have this digest; throws integrity, and nothing is stored, if they don't.
  void commit(const Digest& expected);

 private:
  friend class Layout;
  BlobWriter(int dir, std::string name) : file_(dir, name, 0644) {}
  sys::TempFile file_;
  Sha256 hash_;
};

// The content of the file oci-layout.
inline constexpr std::string_view layout_marker = R"({"imageLayoutVersion":"1.0.0"})";

// An index (image-spec, image-index.md): its manifest descriptors, in order. parse_index() throws integrity; `subject`
// names the document in errors.
std::vector<Descriptor> parse_index(std::string_view text, std::string_view subject);
std::string dump_index(const std::vector<Descriptor>& manifests);

// An OCI image layout: a directory with oci-layout, index.json and blobs/sha256 (image-spec, image-layout.md).
class Layout {
 public:
  // Opens one that exists: not_found if the directory or oci-layout is missing, integrity if its version is not 1.0.0.
  static Layout open(const std::string& path);
  // Makes what is missing (directories 0755, oci-layout, an empty index.json), then opens it.
  static Layout create(const std::string& path);

  const std::string& path() const { return path_; }

  // The blob's size, or nothing if there is no such blob.
  std::optional<Bytes> blob_size(const Digest& digest) const;
  // For streaming: the size is checked here, the digest by who reads. not_found, integrity.
  sys::Fd open_blob(const Descriptor& descriptor) const;
  // A small document, whole, its size and digest checked. not_found, integrity; usage over `max_bytes`.
  std::string read_blob(const Descriptor& descriptor, Bytes max_bytes = 16 * MiB) const;
  BlobWriter new_blob() const;
  // A document; one that is there and whole is not written again.
  Descriptor put(std::string_view bytes, std::string_view media_type) const;
  // Nothing there is no error.
  void remove_blob(const Digest& digest) const;
  // All blobs, sorted. Names that are no digests are given to `stray` with their path inside the layout.
  std::vector<Digest> blobs(const std::function<void(const std::string&)>& stray = {}) const;
  // Makes all names in blobs/sha256 durable, those too that another process made.
  void sync() const;
  // Removes ".tmp-" names that a killed writer left. Only safe while no writer runs.
  std::size_t remove_leftovers() const;

  // index.json: its manifest descriptors, in order.
  std::vector<Descriptor> read_index() const;
  // Replaces index.json in one step, durably; nothing is written if its bytes are the same already.
  void write_index(const std::vector<Descriptor>& manifests) const;

  // The image a descriptor names; through an index, nested up to 4 deep (the entry for `platform`, attestations passed
  // over) if it is one. Reads manifest and config, checks digests and check_consistency(). not_found if the index has
  // nothing for the platform; integrity.
  Image load(const Descriptor& descriptor, const Platform& platform = Platform::host()) const;

 private:
  Layout(std::string path, sys::Fd dir, sys::Fd blobs)
      : path_(std::move(path)), dir_(std::move(dir)), blobs_(std::move(blobs)) {}
  bool is_whole(const Descriptor& document) const;
  std::string path_;
  sys::Fd dir_;
  sys::Fd blobs_;  // blobs/sha256
};

}  // namespace fn::oci
