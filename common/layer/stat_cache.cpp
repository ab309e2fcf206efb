// SPDX-License-Identifier: Apache-2.0
// There is one cache for each directory that was built from. It is unpacked whole when the directory is listed:
// list_directory() asks find() for each file, and a hit gives the file its content's digest and its attributes, so that
// the file is not opened at all. What it did not have is read by the layer's writer, which then calls learn(); in the
// end pack() keeps the rows that were found or learned, so that files that are gone drop out by themselves.
//
// What must never happen is that a file changes and still looks the same. So nothing is learned of a file whose ctime
// lies within the clock's current tick, that someone has open for writing, or whose file system doesn't stamp every
// write. What a build has read is learned only once its blob is durable.
//
// Packed rows end in a checksum. If that or any row is wrong the cache is empty: a damaged cache costs time and no
// more.
#include "layer/stat_cache.hpp"

#include "base/error.hpp"
#include "layer/rows.hpp"

#include <algorithm>
#include <vector>

namespace fn::layer {

namespace {

std::string_view checksum_text(const Checksum& checksum) {
  return {reinterpret_cast<const char*>(checksum.data()), checksum.size()};
}

Checksum checksum_of_text(std::string_view text) {
  return checksum_of(std::as_bytes(std::span(text)));
}

// Times may be any number, and differences of them wrap.
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return std::int64_t(std::uint64_t(a) - std::uint64_t(b));
}

}  // namespace

StatCache::StatCache(std::string_view packed) {
  constexpr std::size_t checksum_size = Checksum{}.size();
  if (packed.size() < checksum_size) return;
  const std::string_view rows = packed.substr(0, packed.size() - checksum_size);
  if (packed.substr(rows.size()) != checksum_text(checksum_of_text(rows))) return;
  try {
    Unpacker unpacker(rows);
    if (unpacker.at_end()) return;
    const std::uint64_t device = unpacker.number();
    std::uint64_t inode = 0;
    while (!unpacker.at_end()) {
      Row row;
      inode += unpacker.number();
      row.identity = {.device = device + unpacker.number(),
                      .inode = inode,
                      .size = unpacker.number_below(max_file_size),
                      .mtime_ns = unpacker.signed_number(),
                      .ctime_ns = 0};
      row.identity.ctime_ns =
          std::int64_t(std::uint64_t(row.identity.mtime_ns) + std::uint64_t(unpacker.signed_number()));
      row.known.content = unpack_content(unpacker, row.identity.size);
      row.known.xattrs = unpack_xattrs(unpacker);
      rows_.insert_or_assign(inode, std::move(row));
    }
  } catch (const Error& error) {
    if (error.kind() != Kind::integrity) throw;
    rows_.clear();
  }
}

std::optional<StatCache::Value> StatCache::find(const FileIdentity& identity) {
  const std::lock_guard lock(mutex_);
  const auto row = rows_.find(identity.inode);
  if (row == rows_.end() || row->second.identity != identity) return std::nullopt;
  row->second.is_used = true;
  return row->second.known;
}

void StatCache::learn(const FileIdentity& identity, Value known) {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  rows_.insert_or_assign(identity.inode, Row{identity, std::move(known), true});
}

std::string StatCache::pack() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Row*> used;
  for (const auto& [inode, row] : rows_)
    if (row.is_used) used.push_back(&row);
  if (used.empty()) return {};
  std::sort(used.begin(), used.end(), [](const Row* a, const Row* b) { return a->identity.inode < b->identity.inode; });
  std::uint64_t device = used.front()->identity.device;
  for (const Row* row : used) device = std::min(device, row->identity.device);
  Packer packer;
  packer.number(device);
  std::uint64_t inode = 0;
  for (const Row* row : used) {
    const FileIdentity& identity = row->identity;
    packer.number(identity.inode - inode)
        .number(identity.device - device)
        .number(identity.size)
        .signed_number(identity.mtime_ns)
        .signed_number(difference(identity.ctime_ns, identity.mtime_ns));
    pack_content(packer, row->known.content);
    pack_xattrs(packer, row->known.xattrs);
    inode = identity.inode;
  }
  std::string packed = packer.take();
  packed += checksum_text(checksum_of_text(packed));
  return packed;
}

}  // namespace fn::layer
