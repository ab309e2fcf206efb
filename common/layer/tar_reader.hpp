// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"
#include "layer/entry.hpp"
#include "layer/tar_form.hpp"

#include <memory>
#include <optional>

namespace fn::layer {

struct TarLimits {
  std::uint64_t max_entries = 10'000'000;
  Bytes max_metadata = 1 * MiB;  // PAX records, long names, xattrs and sparse maps of one entry
  std::size_t max_path = 4096;   // of a path or a link target
  Bytes max_holes = 64 * GiB;    // of all sparse files together: zeros that no byte of the stream stands for
};

// Reads POSIX ustar, PAX (local and global headers), GNU long names, GNU base-256 numbers and GNU and PAX sparse files
// (expanded: the holes read as zeros) from an uncompressed stream. Paths come out in Entry's form; hard-link targets
// too. Throws integrity for what no tar may hold: a bad checksum, a size or path lie, NUL or ".." in a name, an entry
// cut short. Sockets and unknown types: integrity. Only files have content: a size in the header of anything else is
// ignored, as GNU tar and Go do.
class TarReader {
 public:
  explicit TarReader(ByteSource& source, const TarLimits& limits = {});
  ~TarReader();

  // The next entry; content not yet read is skipped. Nothing at the end: a zero block, or the end of the stream at a
  // block boundary (as GNU tar). What follows the first zero block is read to its end; anything but zeros there is
  // integrity.
  std::optional<Entry> next();

  // Some of the content of the current entry. 0 only at its end (or for an empty buffer).
  std::size_t read(std::span<std::byte> buffer);

  // The headers of the current entry as they stand; changed by next().
  const TarForm& form() const;

  // At the end: the bytes from the first zero block on, itself counted. 0 for a tar that just stops.
  Bytes trailer() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
