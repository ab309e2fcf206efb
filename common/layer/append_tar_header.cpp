// SPDX-License-Identifier: Apache-2.0
// An entry becomes one ustar header (POSIX.1, pax). What ustar can't hold comes in a PAX header in front of it: a long
// path or link, a large number, a time before 1970 or with a fraction, extended attributes (SCHILY.xattr). There are no
// names of owners, no access times, no global headers.
//
// The bytes depend on the entry alone, and so does their number: segment_plan.cpp lays out a whole layer from the
// headers before any content is read, and the names of segments (segment_keys.cpp) stand for bytes that this file
// makes. Another choice here, however equivalent for a reader, changes the digest of every layer and makes the index
// promise what is not there.
#include "layer/append_tar_header.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <cstring>
#include <optional>
#include <utility>

namespace fn::layer {
namespace {

void put_text(TarBlock& block, TarField field, std::string_view text) {
  text.copy(block.data() + field.offset, field.length);
}

// The largest number that `length - 1` octal digits and a NUL hold.
constexpr std::uint64_t octal_limit(TarField field) {
  return (std::uint64_t{1} << (3 * (field.length - 1))) - 1;
}

void put_octal(TarBlock& block, TarField field, std::uint64_t value) {
  for (std::size_t i = field.length - 1; i-- > 0; value >>= 3)
    block[field.offset + i] = static_cast<char>('0' + (value & 7));
}

void put_checksum(TarBlock& block) {
  std::memset(block.data() + tar_field::checksum.offset, ' ', tar_field::checksum.length);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  // Six digits, a NUL and the last of the blanks, as every writer has done since version 7.
  put_octal(block, {tar_field::checksum.offset, 7}, sum);
  block[tar_field::checksum.offset + 6] = '\0';
}

void append(std::vector<std::byte>& out, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

// "LENGTH KEY=VALUE\n", where LENGTH counts its own digits.
void add_record(std::string& records, std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  records += fmt::format("{} {}=", length, key);
  records += value;
  records += '\n';
}

// ustar holds 100 bytes of name and, split at a "/", 155 of prefix.
std::optional<std::pair<std::string_view, std::string_view>> split_name(std::string_view path) {
  if (path.size() <= tar_field::name.length) return std::pair{std::string_view{}, path};
  if (path.size() > tar_field::prefix.length + 1 + tar_field::name.length) return std::nullopt;
  const std::size_t slash = path.find('/', path.size() - tar_field::name.length - 1);
  if (slash == std::string_view::npos || slash == 0 || slash > tar_field::prefix.length || slash + 1 == path.size())
    return std::nullopt;
  return std::pair{path.substr(0, slash), path.substr(slash + 1)};
}

char type_flag(Type type) {
  switch (type) {
    case Type::file:
      return '0';
    case Type::hardlink:
      return '1';
    case Type::symlink:
      return '2';
    case Type::char_device:
      return '3';
    case Type::block_device:
      return '4';
    case Type::directory:
      return '5';
    case Type::fifo:
      return '6';
  }
  fail(Kind::internal, "no such entry type");
}

// "-1.5" seconds is mtime -2 and 500,000,000 ns: the fraction counts upwards.
std::string pax_time(std::int64_t seconds, std::uint32_t nanoseconds) {
  const bool negative = seconds < 0;
  std::uint64_t whole = negative ? 0 - std::uint64_t(seconds) : std::uint64_t(seconds);
  std::uint32_t fraction = nanoseconds;
  if (negative && fraction > 0) {
    --whole;
    fraction = 1'000'000'000 - fraction;
  }
  std::string text = fmt::format("{}{}.{:09}", negative ? "-" : "", whole, fraction);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

void refuse_nul(std::string_view text, const Entry& entry, std::string_view what) {
  if (text.find('\0') != std::string_view::npos)
    fail(Kind::usage, "cannot store '{}' in a tar: {} with a NUL byte", printable(entry.path), what);
}

class Header {
 public:
  explicit Header(const Entry& entry) : entry_(entry) {
    put_name();
    put_number(tar_field::mode, "mode", entry.mode & 07777);
    put_number(tar_field::uid, "uid", entry.uid);
    put_number(tar_field::gid, "gid", entry.gid);
    put_number(tar_field::size, "size", entry.size);
    put_time();
    block_[tar_field::type.offset] = type_flag(entry.type);
    put_link();
    std::memcpy(block_.data() + tar_field::magic.offset, "ustar\00000", tar_field::magic.length);
    put_device(tar_field::device_major, entry.device_major);
    put_device(tar_field::device_minor, entry.device_minor);
    put_xattrs();
    put_checksum(block_);
  }

  void append_to(std::vector<std::byte>& out) const {
    if (!records_.empty()) append_records(out);
    append(out, block_.data(), block_.size());
  }

 private:
  void put_name() {
    std::string path = entry_.path.empty() ? "./" : entry_.path;
    if (entry_.type == Type::directory && !entry_.path.empty()) path += '/';
    refuse_nul(path, entry_, "a name");
    if (const auto parts = split_name(path)) {
      put_text(block_, tar_field::prefix, parts->first);
      put_text(block_, tar_field::name, parts->second);
    } else {
      add_record(records_, "path", path);
      put_text(block_, tar_field::name, path);
    }
  }

  void put_number(TarField field, std::string_view key, std::uint64_t value) {
    if (value > octal_limit(field)) {
      add_record(records_, key, std::to_string(value));
      value = 0;
    }
    put_octal(block_, field, value);
  }

  // PAX has no record for device numbers.
  void put_device(TarField field, std::uint32_t value) {
    if (value > octal_limit(field))
      fail(Kind::usage, "cannot store '{}' in a tar: device number {} is too large", printable(entry_.path), value);
    put_octal(block_, field, value);
  }

  void put_time() {
    const bool fits = entry_.mtime >= 0 && std::uint64_t(entry_.mtime) <= octal_limit(tar_field::mtime);
    if (!fits || entry_.mtime_ns != 0) add_record(records_, "mtime", pax_time(entry_.mtime, entry_.mtime_ns));
    put_octal(block_, tar_field::mtime, fits ? std::uint64_t(entry_.mtime) : 0);
  }

  void put_link() {
    refuse_nul(entry_.link, entry_, "a link target");
    if (entry_.link.size() > tar_field::link.length) add_record(records_, "linkpath", entry_.link);
    put_text(block_, tar_field::link, entry_.link);
  }

  void put_xattrs() {
    for (const auto& [name, value] : entry_.xattrs) {
      refuse_nul(name, entry_, "an extended attribute's name");
      if (name.find('=') != std::string::npos)
        fail(Kind::usage, "cannot store '{}' in a tar: the name of its extended attribute '{}' contains '='",
             printable(entry_.path), printable(name));
      add_record(records_, "SCHILY.xattr." + name, value);
    }
  }

  // The extended header is an entry of its own. Its name is for readers that don't know PAX only.
  void append_records(std::vector<std::byte>& out) const {
    TarBlock block{};
    put_text(block, tar_field::name, "PaxHeaders/" + std::string(base_name(entry_.path).substr(0, 80)));
    put_octal(block, tar_field::mode, 0644);
    put_octal(block, tar_field::uid, 0);
    put_octal(block, tar_field::gid, 0);
    put_octal(block, tar_field::size, records_.size());
    put_octal(block, tar_field::mtime, 0);
    block[tar_field::type.offset] = 'x';
    std::memcpy(block.data() + tar_field::magic.offset, "ustar\00000", tar_field::magic.length);
    put_checksum(block);
    append(out, block.data(), block.size());
    append(out, records_.data(), records_.size());
    out.resize(out.size() + tar_padding(records_.size()));
  }

  const Entry& entry_;
  TarBlock block_{};
  std::string records_;
};

}  // namespace

void append_tar_header(std::vector<std::byte>& out, const Entry& entry) {
  Header(entry).append_to(out);
}

}  // namespace fn::layer
