// SPDX-License-Identifier: Apache-2.0
#include "transfer/archive_members.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/tar_reader.hpp"
#include "sys/signal.hpp"
#include "transfer/archive.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace fn::img {
namespace {

constexpr Bytes largest_document = 16 * MiB;
constexpr int longest_chain = 8;

// "../0123/layer.tar" as seen from "4567/layer.tar".
std::string link_target(std::string_view from, std::string_view target) {
  const std::string path =
      target.starts_with('/') ? std::string(target) : fmt::format("{}/{}", layer::parent_path(from), target);
  std::vector<std::string> parts;
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

StoredMember store_member(layer::TarReader& reader, const oci::Layout& to, std::vector<std::byte>& buffer) {
  StoredMember member;
  oci::BlobWriter writer = to.new_blob();
  while (const std::size_t got = reader.read(buffer)) {
    sys::check_interrupt();
    if (writer.size() == 0) std::copy_n(buffer.begin(), std::min(got, member.magic.size()), member.magic.begin());
    writer.write(std::span<const std::byte>(buffer).first(got));
  }
  member.size = writer.size();
  member.digest = writer.commit();
  return member;
}

}  // namespace

ArchiveMembers ArchiveMembers::store(const std::string& path, const layer::ExpansionLimits& limits,
                                     const oci::Layout& to) {
  const auto stream = open_archive(path);
  const auto limited = layer::decompress(*stream, oci::Compression::none, limits);
  layer::TarReader reader(*limited);
  ArchiveMembers members(path);
  std::vector<std::byte> buffer(1 * MiB);
  while (const auto entry = reader.next()) {
    if (entry->type == layer::Type::symlink) members.add_link(entry->path, link_target(entry->path, entry->link));
    if (entry->type == layer::Type::hardlink) members.add_link(entry->path, entry->link);
    if (entry->type == layer::Type::file) members.add_file(entry->path, store_member(reader, to, buffer));
  }
  return members;
}

void ArchiveMembers::add_file(const std::string& path, const StoredMember& member) {
  const auto [found, is_new] = files_.emplace(path, member);
  if (links_.contains(path) || (!is_new && found->second.digest != member.digest)) fail_twice(path);
}

void ArchiveMembers::add_link(const std::string& path, const std::string& target) {
  if (path == target) return;  // GNU tar, for a file that it was given twice
  const auto [found, is_new] = links_.emplace(path, target);
  if (files_.contains(path) || (!is_new && found->second != target)) fail_twice(path);
}

void ArchiveMembers::fail_twice(const std::string& path) const {
  fail(Kind::integrity, "'{}' has two different members '{}'", printable(archive_), printable(path));
}

const StoredMember* ArchiveMembers::find(std::string_view path) const {
  std::string name = link_target("", path);
  for (int links = 0; links < longest_chain; ++links) {
    const auto link = links_.find(name);
    if (link == links_.end()) break;
    name = link->second;
  }
  const auto file = files_.find(name);
  return file == files_.end() ? nullptr : &file->second;
}

const StoredMember& ArchiveMembers::at(std::string_view path) const {
  if (const StoredMember* member = find(path)) return *member;
  fail(Kind::integrity, "'{}' has no member '{}'", printable(archive_), printable(path));
}

std::string ArchiveMembers::read(std::string_view path, const oci::Layout& layout) const {
  const StoredMember& member = at(path);
  return layout.read_blob(
      {.media_type = {}, .digest = member.digest, .size = member.size, .annotations = {}, .platform = {}},
      largest_document);
}

void ArchiveMembers::check_blob_names() const {
  constexpr std::string_view blobs = "blobs/sha256/";
  for (const auto& [path, member] : files_)
    if (path.starts_with(blobs) && path.substr(blobs.size()) != member.digest.hex())
      fail(Kind::integrity, "'{}': digest mismatch: blob '{}' has digest '{}'", printable(archive_), printable(path),
           member.digest.str());
}

}  // namespace fn::img
