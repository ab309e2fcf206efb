// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/attributes.hpp"
#include "layer/tar_reader.hpp"
#include "sys/fd.hpp"

#include <memory>

namespace fn::layer {

// Writes the contents of new files in threads of its own, and then gives the files their attributes. Files have their
// names before, so what happens to the names meanwhile (links, removal) happens in the order of the layer. At most 8
// MiB and 256 files wait.
class FileWriters {
 public:
  FileWriters(Attributes& attributes, unsigned threads);
  // Drops what waits.
  ~FileWriters();

  // Reads the content of the reader's current entry for a file that is new and empty. Throws what the reader throws,
  // and what went wrong with an earlier file.
  void add(sys::Fd file, Entry entry, TarReader& content);
  // Waits until all is written; throws what went wrong.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
