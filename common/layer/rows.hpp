// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/pack.hpp"
#include "layer/content.hpp"
#include "layer/entry.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fn::layer {

// A member of a layer, and its content if it has any.
struct File {
  Entry entry;
  Content content;  // of a file with a size; else all zero
};

// The part of a file at the beginning of a segment, if the file's header is in an earlier segment.
struct ContinuedFile {
  Sha256::Value digest{};  // of the whole file
  Bytes offset = 0;        // of the part in the file
  Bytes bytes = 0;         // 0: the segment begins with a header
};

// The rows of the index for one segment of a layer's tar: its length, the file that continues at its beginning, and the
// members whose headers are in it. They contain everything that the tar's bytes depend on, so their digest identifies
// the segment.
//
// Rows take about 100 bytes per file: the prefix that a path shares with the previous one is left out.
class RowWriter {
 public:
  RowWriter(Bytes tar_bytes, const ContinuedFile& continued);
  void add(const Entry& entry, const Content& content);
  std::string finish() { return packer_.take(); }

 private:
  Packer packer_;
  std::string_view last_path_;  // points into an entry that outlives the writer
};

// The content of a file of `size` > 0 bytes, in packed data.
void pack_content(Packer& packer, const Content& content);
Content unpack_content(Unpacker& unpacker, Bytes size);
void pack_xattrs(Packer& packer, const Xattrs& xattrs);
Xattrs unpack_xattrs(Unpacker& unpacker);
inline constexpr Bytes max_file_size = Bytes{1} << 62;

// The files of one segment, one after the other: a segment may have thousands. `rows` must outlive the reader. Throws
// integrity for data that no RowWriter wrote.
class RowReader {
 public:
  explicit RowReader(std::string_view rows);
  std::optional<File> next();

 private:
  Unpacker unpacker_;
  std::string last_path_;
};

}  // namespace fn::layer
