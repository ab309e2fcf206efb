// SPDX-License-Identifier: Apache-2.0
// The way of the bytes, from the blob to the caller:
//
//     file -> hash of the blob | ahead -> decoder | ahead -> hash of the tar -> caller
//
// A bar is where a thread begins: one reads and hashes the blob, one decodes, and the caller's hashes the tar as it
// reads. A plain tar needs no decoder; it is its own blob, and one hash does for both.
//
// The caller works on bytes that nobody has proven yet. finish() reads what is left, so that both hashes see
// everything, and compares them with the descriptor and the config: only then may what was read be relied on. When a
// decoder fails, the blob is hashed to its end first, since a damaged blob is a better answer than what the decoder
// made of it.
#include "layer/verified_layer.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/read_ahead.hpp"

#include <optional>

namespace fn::layer {
namespace {

oci::Compression compression_of(const oci::Descriptor& descriptor) {
  const auto compression = oci::layer_compression(descriptor.media_type);
  if (!compression)
    fail(Kind::integrity, "layer '{}': unknown media type '{}'", descriptor.digest.str(),
         printable(descriptor.media_type));
  return *compression;
}

}  // namespace

// Members are listed in the order of the bytes' way; destruction stops the decoder before what it reads from.
struct VerifiedLayer::Impl final : ByteSource {
  Impl(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& expected_diff_id,
       const ExpansionLimits& limits)
      : digest(descriptor.digest),
        diff_id(expected_diff_id),
        compression(compression_of(descriptor)),
        fd(layout.open_blob(descriptor)),
        file(fd.get(), digest.str()),
        blob(file),
        stored(blob),
        decoded(decompress(stored, compression, limits, &parts)) {
    if (compression == oci::Compression::none) return;
    ahead.emplace(*decoded);
    tar.emplace(*ahead);
  }

  // A plain tar is its own blob: one hash serves for both.
  std::size_t read(std::span<std::byte> buffer) override {
    try {
      return tar ? tar->read(buffer) : decoded->read(buffer);
    } catch (const Error& error) {
      // Corrupt bytes show in the decoder first; report the cause.
      if (error.kind() == Kind::integrity) check_blob();
      throw error.within(name());
    }
  }

  void finish() {
    drain(*this);
    check_blob();
    const oci::Digest found = tar ? oci::Digest(tar->finish()) : *blob_digest;
    if (found != diff_id)
      fail(Kind::integrity, "{}: the config says diffID '{}', the tar has '{}'", name(), diff_id.str(), found.str());
  }

  // Only when the decoder has stopped: nobody else reads the blob then.
  void check_blob() {
    if (!blob_digest) {
      drain(stored);
      blob_digest.emplace(blob.finish());
    }
    if (*blob_digest != digest)
      fail_hint(Kind::integrity, "the blob is corrupt; import or pull the image again", "{}: digest mismatch", name());
  }

  std::string name() const { return fmt::format("layer '{}'", digest.str()); }

  oci::Digest digest;
  oci::Digest diff_id;
  oci::Compression compression;
  sys::Fd fd;
  FdSource file;
  HashingSource blob;
  ReadAhead stored;
  std::uint64_t parts = 0;
  std::unique_ptr<ByteSource> decoded;
  std::optional<ReadAhead> ahead;
  std::optional<HashingSource> tar;
  std::optional<oci::Digest> blob_digest;
};

VerifiedLayer::VerifiedLayer(const oci::Layout& layout, const oci::Descriptor& descriptor, const oci::Digest& diff_id,
                             const ExpansionLimits& limits)
    : impl_(std::make_unique<Impl>(layout, descriptor, diff_id, limits)) {}
VerifiedLayer::VerifiedLayer(VerifiedLayer&&) noexcept = default;
VerifiedLayer::~VerifiedLayer() = default;

ByteSource& VerifiedLayer::tar() {
  return *impl_;
}
void VerifiedLayer::finish() {
  impl_->finish();
}
std::uint64_t VerifiedLayer::parts() const {
  return impl_->parts;
}

}  // namespace fn::layer
