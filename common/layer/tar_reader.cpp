// SPDX-License-Identifier: Apache-2.0
// The formats are those of POSIX (pax), GNU tar and version 7. next() skips what is left of the last entry and reads
// blocks until it has an entry's own header; the extended headers in front of it (PAX 'x' and 'g', GNU 'L' and 'K') are
// collected on the way, and begin_entry() puts both together. PAX goes before the header's own fields. read() gives the
// content as it is stored, or a sparse file expanded by a map that was checked before: parts in order, inside the file,
// and of as many bytes as are stored.
//
// A digest is over bytes, so two readers must not see different files in them. What programs read in different ways is
// refused: two extended headers of one kind, GNU and PAX names that disagree, a global header that names or sizes
// files, "..", a NUL in a name, bytes behind the end. Memory and work are bounded by TarLimits: every header in front
// of an entry counts a block at least, however empty it is.
#include "layer/tar_reader.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/pax.hpp"
#include "layer/tar_buffer.hpp"
#include "layer/tar_header.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace fn::layer {
namespace {

// The path in Entry's form. Leading "/" and "./" are removed, as in every reader of OCI layers.
std::string clean_path(std::string_view raw, std::size_t max_path) {
  std::string path;
  path.reserve(raw.size());
  for (std::string_view rest = raw; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") fail(Kind::integrity, "tar entry '{}': the name contains '..'", printable(raw));
    if (!path.empty()) path += '/';
    path += part;
  }
  if (path.size() > max_path) fail(Kind::integrity, "tar entry: name too long: {} bytes", path.size());
  return path;
}

Type type_of(char flag, std::string_view name) {
  switch (flag) {
    case '\0':  // version 7 knows directories by their trailing "/"
      return name.ends_with('/') ? Type::directory : Type::file;
    case '0':
    case '7':  // contiguous file
    case 'S':  // GNU sparse file
      return Type::file;
    case '1':
      return Type::hardlink;
    case '2':
      return Type::symlink;
    case '3':
      return Type::char_device;
    case '4':
      return Type::block_device;
    case '5':
    case 'D':  // GNU, of an incremental archive: its content lists the names in it
      return Type::directory;
    case '6':
      return Type::fifo;
    case 'M':
      fail_hint(Kind::integrity, "join the volumes with 'tar -xM' and pack them as one archive",
                "tar entry '{}' is the rest of a file in another volume", printable(name));
    default:
      fail(Kind::integrity, "tar entry '{}': unknown type '{}'", printable(name),
           printable(std::string_view(&flag, 1)));
  }
}

// The attributes of both forms. Readers know one of them or both, so they must not differ.
std::map<std::string, std::string> merged_xattrs(PaxRecords& pax, std::string_view name) {
  for (auto& [xattr, value] : pax.libarchive_xattrs) {
    const auto [found, is_new] = pax.xattrs.emplace(xattr, value);
    if (!is_new && found->second != value)
      fail(Kind::integrity, "tar entry '{}': its PAX header has two values of the attribute '{}'", printable(name),
           printable(xattr));
  }
  return std::move(pax.xattrs);
}

// What the headers in front of a member's own say about it.
struct Metadata {
  PaxRecords pax;
  bool has_pax = false;
  std::optional<std::string> long_name;
  std::optional<std::string> long_link;
  Bytes bytes = 0;

  bool pending() const { return has_pax || long_name || long_link; }
};

// Two headers that disagree are read differently by different programs: only an attacker writes them.
const std::string& agreed(const std::optional<std::string>& gnu, const std::optional<std::string>& pax,
                          const std::string& header) {
  if (gnu && pax && *gnu != *pax)
    fail(Kind::integrity, "tar entry '{}': its GNU and PAX headers disagree on the name", printable(*pax));
  return pax ? *pax : gnu ? *gnu : header;
}

}  // namespace

class TarReader::Impl {
 public:
  Impl(ByteSource& source, const TarLimits& limits) : input_(source), limits_(limits) {}

  std::optional<Entry> next() {
    sys::check_interrupt();
    if (ended_) return std::nullopt;
    skip_content();
    Metadata metadata;
    metadata.pax = global_;
    raw_headers_.before.clear();
    while (read_header_block(raw_headers_.block)) {
      const TarHeader header = decode_tar_header(raw_headers_.block);
      if (!read_metadata(header, metadata)) return begin_entry(header, raw_headers_.block, metadata);
    }
    ended_ = true;
    if (metadata.pending()) fail(Kind::integrity, "the tar ends after an extended header");
    return std::nullopt;
  }

  std::size_t read(std::span<std::byte> buffer) { return sparse_ ? read_sparse(buffer) : read_stored(buffer); }
  const RawHeaders& raw_headers() const { return raw_headers_; }
  Bytes trailer() const { return trailer_; }

 private:
  // False at the end of the archive.
  bool read_header_block(TarBlock& block) {
    const std::size_t got = input_.read_full(std::as_writable_bytes(std::span(block)));
    if (got == 0) return false;
    if (got < block.size()) fail(Kind::integrity, "the tar is truncated in a header");
    if (!is_zero(block)) return true;
    const Bytes start = input_.position() - tar_block;
    if (!input_.zeros_to_end()) fail(Kind::integrity, "garbage after the end of the tar");
    trailer_ = input_.position() - start;
    return false;
  }

  // True if the header belongs to the member that follows it; its records are read then.
  bool read_metadata(const TarHeader& header, Metadata& metadata) {
    switch (header.type) {
      case 'x':
        if (std::exchange(metadata.has_pax, true)) fail(Kind::integrity, "tar: two PAX headers for one entry");
        parse_pax(metadata_text(header, metadata), metadata.pax);
        return true;
      case 'g':
        add_global(metadata_text(header, metadata), metadata);
        return true;
      case 'L':
        set_long(metadata.long_name, metadata_text(header, metadata));
        return true;
      case 'K':
        set_long(metadata.long_link, metadata_text(header, metadata));
        return true;
      case 'V':  // GNU: the volume's label, not a file
        if (metadata.pending()) fail(Kind::integrity, "tar: an extended header for a volume label");
        metadata_text(header, metadata);
        return true;
      default:
        return false;
    }
  }

  std::string metadata_text(const TarHeader& header, Metadata& metadata) {
    count_metadata(metadata, header.size);
    std::string text(std::size_t(header.size), '\0');
    if (input_.read_full(std::as_writable_bytes(std::span(text))) < text.size() ||
        !input_.skip(tar_padding(text.size())))
      fail(Kind::integrity, "the tar is truncated in an extended header");
    raw_headers_.before.push_back({raw_headers_.block, text});
    return text;
  }

  // Every header counts a block, so that headers without end stop too.
  void count_metadata(Metadata& metadata, Bytes size) const {
    if (size > limits_.max_metadata || metadata.bytes + size + tar_block > limits_.max_metadata)
      fail(Kind::integrity, "tar: names and attributes of one entry exceed {}", human_bytes(limits_.max_metadata));
    metadata.bytes += size + tar_block;
  }

  static void set_long(std::optional<std::string>& name, std::string text) {
    if (name) fail(Kind::integrity, "tar: two long names for one entry");
    if (text.ends_with('\0')) text.pop_back();
    if (text.find('\0') != std::string::npos) fail(Kind::integrity, "tar: NUL byte in the name '{}'", printable(text));
    name = std::move(text);
  }

  // Owners and times may hold for all that follows. A name or a size for every entry is nonsense.
  void add_global(std::string_view records, Metadata& metadata) {
    if (metadata.has_pax) fail(Kind::integrity, "tar: a global PAX header between an entry and its own");
    parse_pax(records, global_);
    if (global_.path || global_.link || global_.size || global_.sparse_name || global_.sparse_size ||
        !global_.extents.empty() || !global_.xattrs.empty() || !global_.libarchive_xattrs.empty())
      fail(Kind::integrity, "tar: a global PAX header that gives names, sizes or attributes");
    metadata.pax = global_;
  }

  Entry begin_entry(const TarHeader& header, const TarBlock& block, Metadata& metadata) {
    if (++entries_ > limits_.max_entries)
      fail(Kind::integrity, "the tar has more than {} entries", limits_.max_entries);
    PaxRecords& pax = metadata.pax;
    Entry entry;
    const std::string& name = pax.sparse_name ? *pax.sparse_name : agreed(metadata.long_name, pax.path, header.name);
    entry.type = type_of(header.type, name);
    entry.path = clean_path(name, limits_.max_path);
    if (pax.sparse_name && (entry.type != Type::file || !pax.sparse_size))
      fail(Kind::integrity, "tar entry '{}': has the name of a sparse file, but is not one", printable(name));
    if (entry.path.empty() && entry.type != Type::directory)
      fail(Kind::integrity, "tar: an entry of type {} without a name", type_name(entry.type));
    entry.mode = header.mode;
    entry.uid = pax.uid.value_or(header.uid);
    entry.gid = pax.gid.value_or(header.gid);
    const PaxTime time = pax.mtime.value_or(PaxTime{header.mtime, 0});
    entry.mtime = time.seconds;
    entry.mtime_ns = time.nanoseconds;
    entry.device_major = header.device_major;
    entry.device_minor = header.device_minor;
    entry.xattrs = merged_xattrs(pax, name);
    set_link(entry, agreed(metadata.long_link, pax.link, header.link));
    name_ = entry.path;
    const bool has_content = entry.type == Type::file || header.type == 'D';
    stored_ = has_content ? pax.size.value_or(header.size) : 0;
    padding_ = tar_padding(stored_);
    entry.size = entry.type == Type::file ? begin_content(header, block, metadata) : 0;
    return entry;
  }

  void set_link(Entry& entry, const std::string& target) const {
    if (entry.type == Type::symlink) entry.link = target;
    if (entry.type == Type::hardlink) entry.link = clean_path(target, limits_.max_path);
    const bool is_link = entry.type == Type::symlink || entry.type == Type::hardlink;
    if (is_link && (entry.link.empty() || entry.link.size() > limits_.max_path))
      fail(Kind::integrity, "tar entry '{}': invalid link target of {} bytes", printable(entry.path),
           entry.link.size());
  }

  // The size of the file with its holes.
  Bytes begin_content(const TarHeader& header, const TarBlock& block, Metadata& metadata) {
    PaxRecords& pax = metadata.pax;
    const bool has_version = pax.sparse_major || pax.sparse_minor;
    sparse_ = header.type == 'S' || has_version || pax.sparse_size;
    if (!sparse_) return stored_;
    extents_ = std::move(pax.extents);
    if (header.type == 'S') {
      read_gnu_extents(block, metadata);
      size_ = gnu_sparse_real_size(block);
    } else {
      if (!pax.sparse_size) fail_sparse("no size");
      size_ = *pax.sparse_size;
      const std::pair version{pax.sparse_major.value_or(0), pax.sparse_minor.value_or(0)};
      if (version.first > 1 || version.second > (version.first == 1 ? 0U : 1U)) fail_sparse("an unknown version");
      if (version.first == 1) read_stored_extents(metadata);
    }
    check_extents();
    extent_ = 0;
    position_ = 0;
    return size_;
  }

  [[noreturn]] void fail_sparse(std::string_view why) const {
    fail(Kind::integrity, "tar entry '{}': sparse file with {}", printable(name_), why);
  }

  void read_gnu_extents(const TarBlock& header, Metadata& metadata) {
    extents_.clear();
    bool more = gnu_sparse_header_extents(header, extents_);
    while (more) {
      TarBlock block;
      count_metadata(metadata, 0);
      if (input_.read_full(std::as_writable_bytes(std::span(block))) < block.size()) fail_cut();
      more = gnu_sparse_block_extents(block, extents_);
    }
  }

  // Format 1.0: in front of the data, in whole blocks, a decimal number a line: how many, then offset and size of each.
  void read_stored_extents(Metadata& metadata) {
    std::string text;
    std::size_t at = 0;
    const auto number = [&] {
      std::size_t end = text.find('\n', at);
      while (end == std::string::npos) {
        if (text.size() - at > 20 || stored_ < tar_block) fail_sparse("an invalid map");
        count_metadata(metadata, 0);
        TarBlock block;
        if (input_.read_full(std::as_writable_bytes(std::span(block))) < block.size()) fail_cut();
        stored_ -= tar_block;
        text.erase(0, std::exchange(at, 0));
        text.append(block.data(), block.size());
        end = text.find('\n', at);
      }
      const auto value = parse_uint(std::string_view(text).substr(at, end - at));
      if (!value) fail_sparse("an invalid map");
      at = end + 1;
      return *value;
    };
    extents_.clear();
    for (std::uint64_t count = number(); count > 0; --count) {
      const Bytes offset = number();
      extents_.push_back({offset, number()});
    }
  }

  void check_extents() {
    Bytes end = 0;
    Bytes data = 0;
    for (const SparseExtent& extent : extents_) {
      if (extent.offset < end || extent.offset > size_ || extent.size > size_ - extent.offset)
        fail_sparse("parts that overlap or exceed the file");
      end = extent.offset + extent.size;
      data += extent.size;
    }
    if (data != stored_) fail_sparse("more or less data than its map says");
    if (size_ - data > limits_.max_holes - holes_)
      fail_hint(Kind::integrity, "raise the limit only if you trust the source of the layer",
                "tar entry '{}': holes in sparse files exceed {}", printable(name_), human_bytes(limits_.max_holes));
    holes_ += size_ - data;
  }

  [[noreturn]] void fail_cut() const { fail(Kind::integrity, "tar entry '{}' is truncated", printable(name_)); }

  std::size_t read_stored(std::span<std::byte> buffer) {
    const std::size_t wanted = std::size_t(std::min<Bytes>(buffer.size(), stored_));
    if (wanted == 0) return 0;
    const std::size_t got = input_.read(buffer.first(wanted));
    if (got == 0) fail_cut();
    stored_ -= got;
    return got;
  }

  std::size_t read_sparse(std::span<std::byte> buffer) {
    while (extent_ < extents_.size() && position_ == extents_[extent_].offset + extents_[extent_].size) ++extent_;
    const bool behind_all = extent_ == extents_.size();
    const Bytes data = behind_all ? size_ : extents_[extent_].offset;
    if (position_ < data) {
      const std::size_t zeros = std::size_t(std::min<Bytes>(buffer.size(), data - position_));
      std::memset(buffer.data(), 0, zeros);
      position_ += zeros;
      return zeros;
    }
    if (behind_all) return 0;
    const Bytes left = data + extents_[extent_].size - position_;
    const std::size_t got = read_stored(buffer.first(std::size_t(std::min<Bytes>(buffer.size(), left))));
    position_ += got;
    return got;
  }

  void skip_content() {
    if (!input_.skip(stored_)) fail_cut();
    // umoci ends its layers behind the last byte of the last file: no padding, no trailer.
    input_.skip(padding_);
    stored_ = padding_ = 0;
    sparse_ = false;
  }

  TarBuffer input_;
  TarLimits limits_;
  PaxRecords global_;
  std::uint64_t entries_ = 0;
  Bytes holes_ = 0;
  bool ended_ = false;
  Bytes trailer_ = 0;

  // The current entry.
  RawHeaders raw_headers_;
  std::string name_;
  Bytes stored_ = 0;  // bytes of content that are still in the stream
  Bytes padding_ = 0;
  bool sparse_ = false;
  std::vector<SparseExtent> extents_;
  std::size_t extent_ = 0;
  Bytes position_ = 0;  // in the expanded file of `size_` bytes
  Bytes size_ = 0;
};

TarReader::TarReader(ByteSource& source, const TarLimits& limits) : impl_(std::make_unique<Impl>(source, limits)) {}
TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() {
  return impl_->next();
}
std::size_t TarReader::read(std::span<std::byte> buffer) {
  return impl_->read(buffer);
}
const RawHeaders& TarReader::raw_headers() const {
  return impl_->raw_headers();
}
Bytes TarReader::trailer() const {
  return impl_->trailer();
}

}  // namespace fn::layer
