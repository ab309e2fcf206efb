// SPDX-License-Identifier: Apache-2.0
// A segment goes in whole and comes out as one gzip member or one zstd frame. No state passes from one segment to the
// next, so that a segment's bytes are the same in every blob and from every thread.
//
// The bytes end up in digests, and a later build takes segments over whose codec has the same identity(). So nothing
// may influence them that identity() doesn't say: no parameter beside the level, no choice by what processor this is.
// Who changes a parameter here changes the digest of every layer that is built from then on.
#include "layer/compressor.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <libdeflate.h>
#include <new>
#include <zstd.h>

namespace fn::layer {
namespace {

struct Levels {
  int lowest;
  int standard;
  int highest;
};

Levels levels_of(oci::Compression compression) {
  switch (compression) {
    case oci::Compression::gzip:
      return {1, 4, 12};
    case oci::Compression::zstd:
      return {1, 3, 19};
    case oci::Compression::none:
      break;
  }
  return {0, 0, 0};
}

class Copy final : public Compressor {
 public:
  void compress(std::span<const std::byte> in, std::vector<std::byte>& out) override {
    out.assign(in.begin(), in.end());
  }
};

// libdeflate and not ISA-L: ISA-L's output depends on the vector instructions that the processor has.
class Gzip final : public Compressor {
 public:
  explicit Gzip(int level) : handle_(libdeflate_alloc_compressor(level)) {
    if (!handle_) throw std::bad_alloc();
  }
  void compress(std::span<const std::byte> in, std::vector<std::byte>& out) override {
    out.resize(libdeflate_gzip_compress_bound(handle_.get(), in.size()));
    out.resize(libdeflate_gzip_compress(handle_.get(), in.data(), in.size(), out.data(), out.size()));
    if (out.empty()) fail(Kind::internal, "libdeflate's bound was too small");
  }

 private:
  struct Free {
    void operator()(libdeflate_compressor* handle) const { libdeflate_free_compressor(handle); }
  };
  std::unique_ptr<libdeflate_compressor, Free> handle_;
};

class Zstd final : public Compressor {
 public:
  explicit Zstd(int level) : handle_(ZSTD_createCCtx()) {
    if (!handle_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(handle_.get(), ZSTD_c_compressionLevel, level);
  }
  void compress(std::span<const std::byte> in, std::vector<std::byte>& out) override {
    out.resize(ZSTD_compressBound(in.size()));
    const std::size_t size = ZSTD_compress2(handle_.get(), out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(size)) fail(Kind::failure, "cannot compress a segment: {}", ZSTD_getErrorName(size));
    out.resize(size);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* handle) const { ZSTD_freeCCtx(handle); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> handle_;
};

}  // namespace

Codec Codec::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string name(text.substr(0, colon));
  Codec codec;
  if (name == "gzip") {
    codec.compression = oci::Compression::gzip;
  } else if (name == "zstd") {
    codec.compression = oci::Compression::zstd;
  } else if (name == "none") {
    codec.compression = oci::Compression::none;
  } else {
    fail_hint(Kind::usage, did_you_mean(name, {"gzip", "zstd", "none"}, "use gzip[:LEVEL], zstd[:LEVEL] or none"),
              "unknown compression '{}'", printable(name));
  }
  const Levels levels = levels_of(codec.compression);
  codec.level = levels.standard;
  if (colon == std::string_view::npos) return codec;
  const auto level = parse_uint(text.substr(colon + 1));
  if (codec.compression == oci::Compression::none || !level || *level < std::uint64_t(levels.lowest) ||
      *level > std::uint64_t(levels.highest))
    fail_hint(Kind::usage, fmt::format("{} takes levels {} to {}", name, levels.lowest, levels.highest),
              "invalid compression level '{}'", printable(text));
  codec.level = int(*level);
  return codec;
}

std::string Codec::str() const {
  const std::string name(oci::compression_name(compression));
  return compression == oci::Compression::none ? name : fmt::format("{}:{}", name, level);
}

std::string Codec::identity() const {
  switch (compression) {
    case oci::Compression::gzip:
      return fmt::format("{} libdeflate {}", str(), LIBDEFLATE_VERSION_STRING);
    case oci::Compression::zstd:
      return fmt::format("{} libzstd {}", str(), ZSTD_versionString());
    case oci::Compression::none:
      break;
  }
  return str();
}

std::unique_ptr<Compressor> Compressor::make(const Codec& codec) {
  switch (codec.compression) {
    case oci::Compression::gzip:
      return std::make_unique<Gzip>(codec.level);
    case oci::Compression::zstd:
      return std::make_unique<Zstd>(codec.level);
    case oci::Compression::none:
      break;
  }
  return std::make_unique<Copy>();
}

bool decode_segment(std::span<const std::byte> compressed, oci::Compression compression, std::span<std::byte> out) {
  switch (compression) {
    case oci::Compression::gzip: {
      const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decoder(
          libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
      if (!decoder) throw std::bad_alloc();
      return libdeflate_gzip_decompress(decoder.get(), compressed.data(), compressed.size(), out.data(), out.size(),
                                        nullptr) == LIBDEFLATE_SUCCESS;
    }
    case oci::Compression::zstd:
      return ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size()) == out.size();
    case oci::Compression::none:
      break;
  }
  if (compressed.size() != out.size()) return false;
  std::copy(compressed.begin(), compressed.end(), out.begin());
  return true;
}

}  // namespace fn::layer
