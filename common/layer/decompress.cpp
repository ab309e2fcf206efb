// SPDX-License-Identifier: Apache-2.0
// Everything here is pulled by the caller, in the caller's thread: read() asks for plain bytes, decode() makes some of
// compressed ones, which come from the source up to 512 KiB at a time. Large reads are decoded straight into the
// caller's buffer; small ones are served from a buffer of our own.
//
// The streams come from strangers. What has come out is held against the limits after each step, so a bomb is found
// before the next step adds to it. The input may end between two members (gzip) or frames (zstd) only; anywhere else
// the stream is truncated. Behind the last of them there may be nothing but zeros. A layer is what all members or
// frames make together: to stop after the first, as some decoders do, would be to read another layer than other tools.
#include "layer/decompress.hpp"

#include "base/error.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cstring>
#include <isa-l/igzip_lib.h>
#include <string_view>
#include <zstd.h>
#include <zstd_errors.h>

namespace fn::layer {
namespace {

constexpr std::size_t input_size = 512 * KiB;
constexpr std::size_t output_size = 512 * KiB;

constexpr const char* limit_hint = "raise the limit only if you trust the source of the layer";

void check_size(Bytes produced, const ExpansionLimits& limits) {
  if (produced > limits.max_bytes)
    fail_hint(Kind::integrity, limit_hint, "layer expands to more than {}", human_bytes(limits.max_bytes));
}

// What the decoders share: the compressed bytes at hand, the limits, and an output buffer for callers that read in
// small pieces.
class Decoder : public ByteSource {
 public:
  Decoder(ByteSource& source, const ExpansionLimits& limits, std::uint64_t* parts)
      : source_(source),
        limits_(limits),
        parts_(parts),
        input_(std::make_unique_for_overwrite<std::byte[]>(input_size)) {}

  std::size_t read(std::span<std::byte> buffer) final {
    if (buffer.empty()) return 0;
    if (position_ == filled_) {
      if (buffer.size() >= output_size / 2) return decode_counted(buffer);
      if (!output_) output_ = std::make_unique_for_overwrite<std::byte[]>(output_size);
      filled_ = decode_counted({output_.get(), output_size});
      position_ = 0;
    }
    const auto count = std::min(buffer.size(), filled_ - position_);
    std::memcpy(buffer.data(), output_.get() + position_, count);
    position_ += count;
    return count;
  }

 protected:
  // Fills some of `buffer`; 0 only at the end of the stream.
  virtual std::size_t decode(std::span<std::byte> buffer) = 0;

  // The compressed bytes that are not yet used; asks for more if there are none. Empty at the end.
  std::span<const std::byte> available() {
    if (begin_ == end_) {
      sys::check_interrupt();
      begin_ = 0;
      end_ = source_.read({input_.get(), input_size});
      consumed_ += end_;
    }
    return {input_.get() + begin_, end_ - begin_};
  }
  void use(std::size_t count) { begin_ += count; }
  void count_part() {
    if (parts_) ++*parts_;
  }

  // tar pads to its record size before it is compressed, tapes and some mirrors do so after: zeros are not damage.
  void expect_zeros_to_end(std::string_view what) {
    for (auto bytes = available(); !bytes.empty(); bytes = available()) {
      if (std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{0}; })) {
        fail(Kind::integrity, "garbage after the {} stream", what);
      }
      use(bytes.size());
    }
  }

 private:
  std::size_t decode_counted(std::span<std::byte> buffer) {
    const auto count = decode(buffer);
    produced_ += count;
    check_size(produced_, limits_);
    if (produced_ > 64 * MiB && produced_ / std::max<std::uint64_t>(limits_.max_ratio, 1) > consumed_) {
      fail_hint(Kind::integrity, limit_hint, "layer expands to more than {} times its size", limits_.max_ratio);
    }
    return count;
  }

  ByteSource& source_;
  ExpansionLimits limits_;
  std::uint64_t* parts_;
  std::unique_ptr<std::byte[]> input_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Bytes consumed_ = 0;
  Bytes produced_ = 0;
  std::unique_ptr<std::byte[]> output_;
  std::size_t position_ = 0;
  std::size_t filled_ = 0;
};

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder(ByteSource& source, const ExpansionLimits& limits, std::uint64_t* parts)
      : Decoder(source, limits, parts), state_(std::make_unique<inflate_state>()) {
    isal_inflate_init(state_.get());
  }

 private:
  std::size_t decode(std::span<std::byte> buffer) override {
    const auto size = std::min<std::size_t>(buffer.size(), 1 * GiB);
    while (true) {
      if (!in_member_ && !begin_member()) return 0;
      const auto count = step(buffer.first(size));
      if (count != 0) return count;
    }
  }

  // False at the end of the stream. Every further member must start with the magic number.
  bool begin_member() {
    const auto bytes = available();
    if (members_ == 0 && bytes.empty()) fail(Kind::integrity, "not a gzip stream: it is empty");
    if (bytes.empty()) return false;
    if (bytes.front() != std::byte{0x1f}) {
      if (members_ == 0) fail(Kind::integrity, "not a gzip stream");
      expect_zeros_to_end("gzip");
      return false;
    }
    isal_inflate_reset(state_.get());
    isal_gzip_header_init(&header_);
    state_->crc_flag = ISAL_GZIP_NO_HDR_VER;
    in_member_ = in_header_ = true;
    ++members_;
    count_part();
    return true;
  }

  std::size_t step(std::span<std::byte> buffer) {
    const auto bytes = available();
    // The library takes a mutable pointer but only reads.
    state_->next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    state_->avail_in = static_cast<std::uint32_t>(bytes.size());
    state_->next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    state_->avail_out = static_cast<std::uint32_t>(buffer.size());
    const int result = in_header_ ? read_header() : isal_inflate(state_.get());
    if (result < 0 || result == ISAL_NEED_DICT) fail_decode(result);
    use(bytes.size() - state_->avail_in);
    const auto count = buffer.size() - state_->avail_out;
    if (!in_header_ && state_->block_state == ISAL_BLOCK_FINISH) {
      in_member_ = false;
    } else if (bytes.empty() && count == 0) {
      fail(Kind::integrity, "truncated gzip stream");
    }
    return count;
  }

  // Not left to isal_inflate(): ISA-L 2.30 forgets there which optional fields follow when the input ends within the
  // header.
  int read_header() {
    const int result = isal_read_gzip_header(state_.get(), &header_);
    if (result == ISAL_DECOMP_OK) in_header_ = false;
    return result;
  }

  [[noreturn]] static void fail_decode(int result) {
    if (result == ISAL_INCORRECT_CHECKSUM) fail(Kind::integrity, "corrupt gzip stream: wrong checksum or length");
    if (result == ISAL_INVALID_WRAPPER || result == ISAL_UNSUPPORTED_METHOD) {
      fail(Kind::integrity, "not a gzip stream");
    }
    fail(Kind::integrity, "corrupt gzip stream");
  }

  std::unique_ptr<inflate_state> state_;
  isal_gzip_header header_{};
  std::uint64_t members_ = 0;
  bool in_member_ = false;
  bool in_header_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder(ByteSource& source, const ExpansionLimits& limits, std::uint64_t* parts)
      : Decoder(source, limits, parts), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    if (!context_) fail(Kind::failure, "cannot decode zstd: out of memory");
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 27);
  }

 private:
  std::size_t decode(std::span<std::byte> buffer) override {
    while (true) {
      const auto bytes = available();
      if (bytes.empty() && !in_frame_) {
        if (!started_) fail(Kind::integrity, "not a zstd frame: the stream is empty");
        return 0;
      }
      if (!in_frame_ && started_ && bytes.front() == std::byte{0}) {
        expect_zeros_to_end("zstd");
        return 0;
      }
      ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      const auto result = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(result) != 0) fail_decode(result, started_ && !in_frame_);
      if (!in_frame_ && in.pos != 0) count_part();
      use(in.pos);
      in_frame_ = result != 0;
      started_ = true;
      if (out.pos != 0) return out.pos;
      if (bytes.empty() && in_frame_) fail(Kind::integrity, "truncated zstd stream");
    }
  }

  [[noreturn]] static void fail_decode(std::size_t result, bool behind_a_frame) {
    if (ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown)
      fail(Kind::integrity, "{}", behind_a_frame ? "garbage after the zstd stream" : "not a zstd frame");
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
      fail(Kind::integrity, "zstd frame needs a window of more than {}", human_bytes(128 * MiB));
    }
    fail(Kind::integrity, "corrupt zstd stream: {}", ZSTD_getErrorName(result));
  }

  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool started_ = false;
  bool in_frame_ = false;
};

// No decoding, but the size limit holds.
class PlainSource final : public ByteSource {
 public:
  PlainSource(ByteSource& source, const ExpansionLimits& limits) : source_(source), limits_(limits) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const auto count = source_.read(buffer);
    produced_ += count;
    check_size(produced_, limits_);
    return count;
  }

 private:
  ByteSource& source_;
  ExpansionLimits limits_;
  Bytes produced_ = 0;
};

}  // namespace

oci::Compression sniff_compression(std::span<const std::byte> beginning) {
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()), beginning.size());
  if (text.starts_with("\x1f\x8b")) return oci::Compression::gzip;
  return text.starts_with("\x28\xb5\x2f\xfd") ? oci::Compression::zstd : oci::Compression::none;
}

std::unique_ptr<ByteSource> decompress(ByteSource& source, oci::Compression compression, const ExpansionLimits& limits,
                                       std::uint64_t* parts) {
  switch (compression) {
    case oci::Compression::gzip:
      return std::make_unique<GzipDecoder>(source, limits, parts);
    case oci::Compression::zstd:
      return std::make_unique<ZstdDecoder>(source, limits, parts);
    case oci::Compression::none:
      break;
  }
  return std::make_unique<PlainSource>(source, limits);
}

}  // namespace fn::layer
