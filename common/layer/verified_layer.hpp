// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"
#include "layer/decompress.hpp"
#include "oci/layout.hpp"

#include <memory>

namespace fn::layer {

// One layer of an image, read as the tar that it contains. The blob is read and hashed in one thread and decoded in
// another while the caller reads; its output may be trusted only after finish(): whoever stored it must undo that if
// finish() throws.
class VerifiedLayer {
 public:
  // `diff_id` is the digest that the image's config gives for the tar. Throws not_found, integrity (size, unknown media
  // type).
  VerifiedLayer(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                const ExpansionLimits& limits = {});
  VerifiedLayer(VerifiedLayer&&) noexcept;
  ~VerifiedLayer();

  // The decoded tar; hashed as it is read.
  ByteSource& tar();

  // Reads the rest, then compares blob digest and diffID. Throws integrity: "layer 'sha256:..': digest mismatch", "..:
  // the config gives diffID 'sha256:..', the tar has 'sha256:..'".
  void finish();

  // After finish(): how many gzip members or zstd frames the blob is made of; 0 for a plain tar.
  std::uint64_t parts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
