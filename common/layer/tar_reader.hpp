// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"
#include "layer/entry.hpp"
#include "layer/raw_headers.hpp"

#include <memory>
#include <optional>

namespace fn::layer {

struct TarLimits {
  std::uint64_t max_entries = 10'000'000;
  Bytes max_metadata = 1 * MiB;  // PAX records, long names, xattrs and sparse maps of one entry
  std::size_t max_path = 4096;   // of a path or a link target
  Bytes max_holes = 64 * GiB;    // of all sparse files together: zeros that are not in the stream
};

// Reads POSIX ustar, PAX (local and global headers), GNU long names, GNU base-256 numbers and GNU and PAX sparse files
// (expanded: the holes read as zeros) from an uncompressed stream. Paths and hard-link targets are returned in Entry's
// form. Throws integrity for an invalid tar: a bad checksum, a false size or path, NUL or ".." in a name, an entry cut
// short. Sockets and unknown types: integrity. Only files have content: a size in the header of anything else is
// ignored, as GNU tar and Go do.
class TarReader {
 public:
  explicit TarReader(ByteSource& source, const TarLimits& limits = {});
  ~TarReader();

  // The next entry; content not yet read is skipped. Returns nothing at the end: a zero block, or the end of the stream
  // at a block boundary (as GNU tar). The rest after the first zero block is read; anything but zeros there is
  // integrity.
  std::optional<Entry> next();

  // Reads part of the content of the current entry. 0 only at its end (or for an empty buffer).
  std::size_t read(std::span<std::byte> buffer);

  // The raw headers of the current entry; valid until next().
  const RawHeaders& raw_headers() const;

  // At the end: the bytes from the first zero block on, that one included. 0 for a tar without an end marker.
  Bytes trailer() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
