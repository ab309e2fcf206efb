// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/decompress.hpp"
#include "oci/layout.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace fn::img {

// A member of an archive, stored as a blob, and how it begins.
struct StoredMember {
  oci::Digest digest;
  Bytes size = 0;
  std::array<std::byte, 4> magic{};
};

// What an archive of an image holds by path: files are in a layout of ours as blobs, links say where they point.
class ArchiveMembers {
 public:
  // Reads the archive at `path` ("-": stdin) once from front to end. Throws as open_archive(); integrity for a path
  // that the archive holds twice, with different bytes: readers take the first or the last.
  static ArchiveMembers store(const std::string& path, const layer::ExpansionLimits& limits, const oci::Layout& to);

  // The file of that name, also through links to other members (docker save shares layers so); null if there is none.
  const StoredMember* find(std::string_view path) const;
  // The same; throws integrity.
  const StoredMember& at(std::string_view path) const;
  // A document; throws integrity, and usage if it is larger than 16 MiB.
  std::string read(std::string_view path, const oci::Layout& layout) const;
  // Throws integrity if a file in blobs/sha256 does not have the digest that is its name.
  void check_blob_names() const;

 private:
  explicit ArchiveMembers(std::string archive) : archive_(std::move(archive)) {}
  void add_file(const std::string& path, const StoredMember& member);
  void add_link(const std::string& path, const std::string& target);
  [[noreturn]] void fail_twice(const std::string& path) const;

  std::string archive_;  // for errors
  std::map<std::string, StoredMember, std::less<>> files_;
  std::map<std::string, std::string, std::less<>> links_;
};

}  // namespace fn::img
