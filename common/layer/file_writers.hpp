// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/attributes.hpp"
#include "layer/tar_reader.hpp"
#include "sys/fd.hpp"

#include <memory>

namespace fn::layer {

// Writes the contents of new files in threads of its own, then sets the files' attributes. Files already have their
// names, so changes to names (links, removal) happen in the order of the layer. At most 8 MiB and 256 files are queued.
class FileWriters {
 public:
  FileWriters(Attributes& attributes, unsigned threads);
  // Drops what is queued.
  ~FileWriters();

  // Reads the content of the reader's current entry for a file that is new and empty. Throws what the reader throws,
  // and the error of an earlier file.
  void add(sys::Fd file, Entry entry, TarReader& content);
  // Waits until everything is written; throws the first error.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
