// SPDX-License-Identifier: Apache-2.0
// Why two blobs differ that may hold the same tar. What can be told without decoding is compared first: the
// compression, the annotation that says who made it, headers of gzip or frames of zstd. Some facts (the number of
// members, blocks, the size) follow from the content, and are a cause only if both tars are the same.
//
// If the tars are the same and nothing else tells, the compressor itself must be the cause. Differing gzip headers
// alone do not explain it: the bytes behind the first header are hashed, and if these differ too there is a second
// cause.
#include "compare/codec.hpp"

#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <span>
#include <vector>

namespace fn::img {
namespace {

constexpr std::string_view codec_hint = "use the same --compression, and the same version of the same library";
constexpr std::size_t max_examples = 16;  // there are no more facts than that

std::string_view system_name(std::uint8_t system) {
  switch (system) {
    case 0:
      return "FAT";
    case 3:
      return "Unix";
    case 7:
      return "Macintosh";
    case 11:
      return "NTFS";
    case 255:
      return "unknown";
    default:
      return "other";
  }
}

class Collector {
 public:
  Collector(const std::string& layer, Causes& causes) : layer_(layer), causes_(causes) {}

  void fact(std::string name, std::string a, std::string b) {
    if (a != b) tally_.add(std::move(name), std::move(a), std::move(b));
  }
  bool has_facts() const { return tally_.count() > 0; }
  // Adds a cause of the facts since the last one.
  void cause(std::string_view what, std::string text, std::string_view hint) {
    const std::uint64_t count = tally_.count();
    causes_.push_back({.level = Level::layer,
                       .layer = layer_,
                       .what = std::string(what),
                       .count = count == 0 ? 1 : count,
                       .text = std::move(text),
                       .hint = std::string(hint),
                       .examples = tally_.take()});
    tally_ = Tally(max_examples);
  }

 private:
  const std::string& layer_;
  Causes& causes_;
  Tally tally_{max_examples};
};

std::string sized(const BlobForm& form) {
  return fmt::format("{}, {} bytes", compression_name(form.compression), grouped(form.size));
}

std::string time_or_none(std::uint32_t time) {
  return time == 0 ? "none" : rfc3339(time);
}

void compare_gzip(const BlobForm& a, const BlobForm& b, bool same_tar, Collector& found) {
  const layer::GzipHeader& x = *a.gzip;
  const layer::GzipHeader& y = *b.gzip;
  found.fact("mtime", time_or_none(x.mtime), time_or_none(y.mtime));
  found.fact("system", fmt::format("{} ({})", x.system, system_name(x.system)),
             fmt::format("{} ({})", y.system, system_name(y.system)));
  found.fact("extra flags", std::to_string(x.extra_flags), std::to_string(y.extra_flags));
  found.fact("name", x.name.empty() ? "-" : x.name, y.name.empty() ? "-" : y.name);
  found.fact("comment", x.comment.empty() ? "-" : x.comment, y.comment.empty() ? "-" : y.comment);
  found.fact("extra field", x.has_extra ? "yes" : "no", y.has_extra ? "yes" : "no");
  if (found.has_facts())
    found.cause("gzip_header", "the gzip headers differ",
                "use gzip -n, which stores neither name nor time; flags and system depend on the compressor");
  if (!same_tar) return;
  found.fact("members", grouped(a.parts), grouped(b.parts));
  if (found.has_facts()) found.cause("gzip_members", "the gzip streams have different numbers of members", codec_hint);
}

// How many of the frames have something: their number is the content's doing.
std::string share(std::uint64_t count, std::uint64_t frames) {
  if (count == 0) return "none";
  return count == frames ? "all" : "some";
}

void compare_zstd(const BlobForm& a, const BlobForm& b, bool same_tar, Collector& found) {
  const layer::ZstdFrames& x = *a.zstd;
  const layer::ZstdFrames& y = *b.zstd;
  found.fact("frames with a checksum", share(x.with_checksum, x.frames), share(y.with_checksum, y.frames));
  found.fact("frames with a size", share(x.with_content_size, x.frames), share(y.with_content_size, y.frames));
  found.fact("skippable frames", grouped(x.skippable), grouped(y.skippable));
  if (same_tar) {
    found.fact("frames", grouped(x.frames), grouped(y.frames));
    found.fact("blocks", grouped(x.blocks), grouped(y.blocks));
    found.fact("largest window", human_bytes(x.largest_window), human_bytes(y.largest_window));
  }
  if (found.has_facts()) found.cause("zstd_frames", "the zstd frames have different settings", codec_hint);
}

oci::Digest digest_from(int fd, Bytes offset, const std::string& name) {
  Sha256 hash;
  std::vector<std::byte> buffer(1 * MiB);
  while (const std::size_t got = sys::pread_full(fd, buffer, offset, name)) {
    sys::check_interrupt();
    hash.update(std::span<const std::byte>(buffer).first(got));
    offset += got;
  }
  return oci::Digest(hash.finish());
}

std::string_view shown(oci::Compression compression) {
  return compression == oci::Compression::none ? "not compressed" : compression_name(compression);
}

std::string said(const std::string& codec) {
  return codec.empty() ? "(it does not say)" : codec;
}

void compare_codec_names(const BlobForm& a, const BlobForm& b, bool same_tar, Collector& found) {
  if (a.codec == b.codec) return;
  found.fact("made by", said(a.codec), said(b.codec));
  if (same_tar) found.fact("size", counted(a.size, "byte", "bytes"), counted(b.size, "byte", "bytes"));
  found.cause("codec", "made by a different compressor, level or version", codec_hint);
}

}  // namespace

BlobForm read_blob_form(const oci::Layout& layout, const oci::Descriptor& blob, std::uint64_t parts) {
  BlobForm form{.compression = oci::layer_compression(blob.media_type).value_or(oci::Compression::none),
                .size = blob.size,
                .codec = blob.annotation(oci::annotation::layer_codec),
                .parts = parts,
                .gzip = {},
                .rest = {},
                .zstd = {}};
  if (form.compression == oci::Compression::none) return form;
  const sys::Fd fd = layout.open_blob(blob);
  layer::FdSource source(fd.get(), blob.digest.str());
  if (form.compression == oci::Compression::gzip) {
    form.gzip = layer::read_gzip_header(source);
    form.rest = digest_from(fd.get(), form.gzip->size, blob.digest.str());
  }
  if (form.compression == oci::Compression::zstd) form.zstd = layer::read_zstd_frames(source);
  return form;
}

void compare_codecs(const BlobForm& a, const BlobForm& b, bool same_tar, const std::string& layer, Causes& causes) {
  const std::size_t before = causes.size();
  Collector found(layer, causes);
  if (a.compression != b.compression) {
    found.fact("blob", sized(a), sized(b));
    found.cause("compression", fmt::format("A is {}, B is {}", shown(a.compression), shown(b.compression)),
                "use the same --compression");
    return;
  }
  compare_codec_names(a, b, same_tar, found);
  if (a.gzip && b.gzip) compare_gzip(a, b, same_tar, found);
  if (a.zstd && b.zstd) compare_zstd(a, b, same_tar, found);
  // Other headers may be all; what is behind them differs for a reason of its own, which a codec's name or another
  // number of parts tells already.
  const bool told = a.gzip ? a.rest == b.rest || a.parts != b.parts : causes.size() > before;
  if (!same_tar || told || a.codec != b.codec) return;
  found.fact("size", counted(a.size, "byte", "bytes"), counted(b.size, "byte", "bytes"));
  found.cause("compressed_bytes", "the same tar compressed differently: another compressor, level or version",
              codec_hint);
}

}  // namespace fn::img
