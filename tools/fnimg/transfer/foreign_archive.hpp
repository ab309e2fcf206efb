// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"

#include <memory>
#include <string>

namespace fn::img {

// An archive of any format that libarchive knows (tar with any filter, zip, deb, 7z, cpio, ..) as a plain PAX tar
// stream. The format's parser runs in the helper program fn-archive, behind seccomp and landlock, with nothing but the
// archive's descriptor and a pipe.
class ForeignArchive final : public layer::ByteSource {
 public:
  // Reads `fd` (borrowed; any kind of file, also a pipe) from its current offset. `name` is for errors.
  ForeignArchive(int fd, std::string name);
  ~ForeignArchive() override;

  // Throws integrity, naming the archive and what the helper said, if it is corrupt or not an archive.
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::img
