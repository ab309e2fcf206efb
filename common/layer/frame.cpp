// SPDX-License-Identifier: Apache-2.0
#include "layer/frame.hpp"

#include "base/error.hpp"

#include <memory>
#include <new>
#include <zstd.h>

namespace fn::layer {
namespace {

constexpr int level = 3;

}  // namespace

std::string to_frame(std::string_view bytes) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size)) fail(Kind::failure, "cannot compress {} bytes: {}", bytes.size(), ZSTD_getErrorName(size));
  frame.resize(size);
  frame.shrink_to_fit();
  return frame;
}

std::string from_frame(std::string_view frame, Bytes limit) {
  // Two values beyond any limit say that it is unknown, or no frame at all.
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size > limit) fail(Kind::integrity, "corrupt zstd frame: it says no size, or too large a one");
  std::string bytes(size, '\0');
  const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(got)) fail(Kind::integrity, "corrupt zstd frame: {}", ZSTD_getErrorName(got));
  if (got != bytes.size()) fail(Kind::integrity, "corrupt zstd frame: it is too short");
  return bytes;
}

}  // namespace fn::layer
