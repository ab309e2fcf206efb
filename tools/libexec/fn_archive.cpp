// SPDX-License-Identifier: Apache-2.0

// fn-archive: any foreign archive on stdin, a tar stream on stdout.
//
//     fn-archive < ARCHIVE > TAR
//
// It keeps libarchive, and the 17 libraries that come with it, out of the tools: they start faster, and a bug in the
// parser of a foreign format meets a wall. A tool starts it with three descriptors and nothing else; the client is
// ForeignArchive.
//
// INPUT
//   Stdin, from where it stands. Its first bytes decide what it is read as, never its name.
//   - zip, 7z: from a file that can seek only. What they say about their members stands at their end, and a zip without
//     it would lose modes and symbolic links.
//   - a Debian package (an ar that begins with "debian-binary"): the record that images without dpkg have of it, made
//     from its control.tar, and the tar that is its data.tar.
//   - an RPM package: its header, for rpm's store, and the files of its payload, root's.
//   - an Alpine package (a tar that begins with .SIGN.* or .PKGINFO): its files, and apk's record of it.
//   - tar, cpio, ar; plain or in gzip, bzip2, compress, lz4, lzip, lzma, xz or zstd.
//
// OUTPUT
//   A tar that is not a package goes through byte for byte: its reader is the client's own, as strict with this one as
//   with any. All else is written as PAX: names as the bytes that the archive has (the Unicode names of zip and 7z as
//   UTF-8), numeric owners (0 if the format has none), times to the nanosecond if the format has them, no names of
//   users. Paths are not cleaned: what "/" and ".." may do is the client's to decide.
//
// EXIT STATUS
//   0  all of the archive was read, the checksums in it hold, and all of it was written
//   2  usage: an argument, or a zip or 7z that comes through a pipe
//   3  failure: a read or write error, not enough memory
//   6  integrity: not an archive, empty, corrupt, truncated, data after its end, far larger than its size promises,
//      or read with a warning of libarchive's: what it guessed is not what the archive has
//   After anything but 0 the output is worth nothing, however complete it looks. The reason is one line on stderr,
//   under 4 KiB, without the name of the archive, which the helper doesn't know. Killed by SIGSYS: it ran into the
//   wall.
//
// THE WALL
//   Stands before the first byte of input is read: no new privileges, no core file, 1 GiB of memory, no further
//   descriptor, no file system (landlock, where the kernel has it), and a seccomp filter that kills at any call but
//   reading fd 0, writing fds 1 and 2, memory that isn't executable, and exit. No thread, no program, no socket.

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/append_tar_header.hpp"
#include "package_record.hpp"
#include "reader.hpp"
#include "streams.hpp"
#include "sys/fd.hpp"
#include "wall.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace fn::foreign {
namespace {

using layer::ByteSource;
using layer::Entry;
using layer::Type;

Type type_of(archive_entry* from) {
  if (archive_entry_hardlink(from)) return Type::hardlink;
  switch (archive_entry_filetype(from)) {
    case AE_IFREG:
      return Type::file;
    case AE_IFDIR:
      return Type::directory;
    case AE_IFLNK:
      return Type::symlink;
    case AE_IFCHR:
      return Type::char_device;
    case AE_IFBLK:
      return Type::block_device;
    case AE_IFIFO:
      return Type::fifo;
    default:
      fail(Kind::integrity, "of a type that cannot be stored in a tar");
  }
}

std::string name_of(archive_entry* from) {
  const char* const name = archive_entry_pathname(from);
  if (!name || *name == '\0') fail(Kind::integrity, "has an entry without a name");
  return name;
}

std::string link_of(archive_entry* from, Type type) {
  const char* const link = type == Type::hardlink ? archive_entry_hardlink(from) : archive_entry_symlink(from);
  if (!link) fail(Kind::integrity, "link without a target");
  return link;
}

std::uint64_t owner(la_int64_t id) {
  if (id < 0) fail(Kind::integrity, "negative owner");
  return static_cast<std::uint64_t>(id);
}

// The path stays as it is, "/" and ".." in front included: what they may do is the client's to decide.
Entry to_entry(archive_entry* from) {
  Entry entry;
  entry.path = name_of(from);
  entry.type = type_of(from);
  if (entry.type == Type::directory) entry.path.erase(entry.path.find_last_not_of('/') + 1);
  entry.mode = archive_entry_perm(from) & 07777;
  entry.uid = owner(archive_entry_uid(from));
  entry.gid = owner(archive_entry_gid(from));
  entry.mtime = archive_entry_mtime(from);
  entry.mtime_ns = static_cast<std::uint32_t>(std::clamp(archive_entry_mtime_nsec(from), 0L, 999'999'999L));
  if (entry.type == Type::hardlink || entry.type == Type::symlink) entry.link = link_of(from, entry.type);
  if (entry.type == Type::char_device || entry.type == Type::block_device) {
    entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(from));
    entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(from));
  }
  if (entry.type == Type::file) entry.size = static_cast<Bytes>(std::max<la_int64_t>(archive_entry_size(from), 0));
  return entry;
}

enum class Owners { as_recorded, root };

// Writes the entries of a reader as a tar.
class Converter {
 public:
  Converter(Reader& reader, Output& output, Owners owners = Owners::as_recorded)
      : reader_(reader), output_(output), owners_(owners), buffer_(256 * KiB) {}

  // `from`: the first entry, if it was already fetched.
  void run(archive_entry* from) {
    for (; from; from = reader_.next()) {
      // The table of symbols of an ar of object files is not a member.
      const std::string name = name_of(from);
      if (reader_.is_a(ARCHIVE_FORMAT_AR) && (name == "/" || name == "/SYM64/")) continue;
      if (reader_.is_a(ARCHIVE_FORMAT_AR) && name == "debian-binary")
        fail(Kind::integrity, "a Debian package that does not begin with debian-binary");
      while_doing([&] { return fmt::format("entry '{}'", printable(name)); }, [&] { convert(from); });
    }
    for (auto& [path, names] : waiting_) {
      output_.header(names.front());
      for (auto& name : names) link_to(names.front(), name);
    }
    output_.zeros(layer::tar_trailer);
  }

 private:
  void convert(archive_entry* from) {
    // ar's mode may be the permissions alone, without the type.
    if (reader_.is_a(ARCHIVE_FORMAT_AR)) archive_entry_set_filetype(from, AE_IFREG);
    Entry entry = to_entry(from);
    if (owners_ == Owners::root) entry.uid = entry.gid = 0;
    if (reader_.is_a(ARCHIVE_FORMAT_CPIO) && wait_for_content(entry, from)) return;
    output_.header(entry);
    if (entry.type == Type::file) copy_content(entry.size);
  }

  // cpio (newc) keeps the content of a file with several names with the last of them, and a tar with the first. So
  // names without content wait. True if this one does; if it has the content, it becomes the file, and those that
  // waited are written after it.
  bool wait_for_content(Entry& entry, archive_entry* from) {
    const auto size = static_cast<Bytes>(std::max<la_int64_t>(archive_entry_size(from), 0));
    if (entry.type == Type::file && size == 0 && archive_entry_nlink(from) > 1) {
      waiting_[entry.path] = {entry};
      return true;
    }
    if (entry.type != Type::hardlink) return false;
    const auto found = waiting_.find(entry.link);
    if (found == waiting_.end()) return false;
    if (size == 0) {
      found->second.push_back(entry);
      return true;
    }
    entry.type = Type::file;
    entry.link.clear();
    entry.size = size;
    output_.header(entry);
    copy_content(size);
    for (auto& name : found->second) link_to(entry, name);
    waiting_.erase(found);
    return true;
  }

  void link_to(const Entry& first, Entry& name) {
    if (name.path == first.path) return;
    name.type = Type::hardlink;
    name.link = first.path;
    output_.header(name);
  }

  void copy_content(Bytes size) {
    Bytes left = size;
    while (const std::size_t count = reader_.read(buffer_)) {
      if (count > left) fail(Kind::integrity, "has more than the {} bytes that it declares", size);
      output_.bytes(std::span(buffer_).first(count));
      left -= count;
    }
    if (left > 0) fail(Kind::integrity, "has fewer than the {} bytes that it declares", size);
    output_.zeros(layer::tar_padding(size));
  }

  Reader& reader_;
  Output& output_;
  Owners owners_;
  std::vector<std::byte> buffer_;
  std::map<std::string, std::vector<Entry>> waiting_;  // path of the first name -> all names
};

// Every tar, of any age and make, has a checksum at this place in its first block; an empty one begins with zeros.
bool is_tar(std::string_view block) {
  using layer::tar_field::checksum;
  if (block.size() < layer::tar_block) return false;
  block = block.substr(0, layer::tar_block);
  if (block.find_first_not_of('\0') == block.npos) return true;
  int declared = 0;
  for (const char c : block.substr(checksum.offset, checksum.length))
    if (c >= '0' && c <= '7') declared = declared * 8 + (c - '0');
  int sum = 0;
  int signed_sum = 0;  // of some old writers
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i - checksum.offset < checksum.length;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
    signed_sum += own ? ' ' : static_cast<signed char>(block[i]);
  }
  return declared == sum || declared == signed_sum;
}

void copy(ByteSource& tar, Output& output) {
  std::vector<std::byte> buffer(256 * KiB);
  while (const std::size_t count = tar.read(buffer)) output.bytes(std::span(buffer).first(count));
}

// The tar that is the package's current member.
template <typename Body>
void with_member(Reader& package, const std::string& name, Body&& body) {
  while_doing([&] { return printable(name); },
              [&] {
                MemberSource member(package);
                DecompressedSource plain(member);
                PeekableSource tar(plain);
                if (!is_tar(tar.head())) fail(Kind::integrity, "not a tar");
                body(tar);
              });
}

void check_format(Reader& package) {
  std::array<std::byte, 16> version{};
  MemberSource member(package);
  const std::size_t count = member.read(version);
  const std::string_view text(reinterpret_cast<const char*>(version.data()), count);
  if (!text.starts_with("2.")) fail(Kind::integrity, "the format of the Debian package is not 2.x");
}

// debian-binary, which was fetched already, then control.tar and data.tar (deb(5)); names that begin with '_' may stand
// between them, and anything may follow. dpkg takes no other order.
void convert_package(Reader& package, Output& output) {
  check_format(package);
  std::string_view wanted = "control.tar";
  while (archive_entry* const entry = package.next()) {
    const std::string name = name_of(entry);
    const auto is_member = [&](std::string_view tar) {
      return name == tar || name.starts_with(std::string(tar) + '.');
    };
    if (wanted.empty() && is_member("data.tar")) fail(Kind::integrity, "a Debian package with more than one data.tar");
    if (wanted.empty() || name.starts_with('_')) continue;
    if (!is_member(wanted))
      fail(Kind::integrity, "a Debian package with '{}' where {} should be", printable(name), wanted);
    if (wanted == "control.tar") {
      with_member(package, name, [&](ByteSource& tar) { write_record(read_control(tar), output); });
      wanted = "data.tar";
    } else {
      with_member(package, name, [&](ByteSource& tar) { copy(tar, output); });
      wanted = {};
    }
  }
  if (!wanted.empty()) fail(Kind::integrity, "a Debian package without a {}", wanted);
}

void convert_stream(ByteSource& source, Output& output) {
  DecompressedSource plain(source);
  PeekableSource content(plain);
  if (content.head().empty()) fail(Kind::integrity, "the compressed archive is empty");
  if (is_tar(content.head()) && is_alpine_package(content.head())) return convert_alpine_package(content, output);
  if (is_tar(content.head())) return copy(content, output);
  Reader reader(content, {archive_read_support_format_ar, archive_read_support_format_cpio});
  archive_entry* const first = reader.next();
  const bool is_ar = reader.is_a(ARCHIVE_FORMAT_AR);
  if (is_ar && !first) fail(Kind::integrity, "the archive is empty");
  if (is_ar && name_of(first) == "debian-binary")
    convert_package(reader, output);
  else
    Converter(reader, output).run(first);
  reader.expect_end();
  layer::drain(content);
}

// rpm goes by the names of owners, which only the machine has that it installs on; the numbers are the builder's.
void convert_rpm(ByteSource& package, Output& output) {
  convert_rpm_headers(package, output);
  DecompressedSource plain(package);
  PeekableSource content(plain);
  Reader reader(content, {archive_read_support_format_cpio});
  Converter(reader, output, Owners::root).run(reader.next());
  reader.expect_end();
  layer::drain(content);  // for the checksum at its end
}

void convert_seekable(Input& input, std::string_view format, Reader::Support support, Output& output) {
  if (!input.can_seek()) fail(Kind::usage, "{} cannot be read from a pipe: save it to a file first", format);
  input.seek(0, SEEK_SET);
  Reader reader(input, {support}, &input);
  Converter(reader, output).run(reader.next());
}

void convert(Input& input) {
  Output output(input);
  PeekableSource start(input);
  const std::string_view head = start.head();
  if (head.empty()) fail(Kind::integrity, "the archive is empty");
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06") || head.starts_with("PK00PK\x03\x04"))
    convert_seekable(input, "a zip archive", archive_read_support_format_zip_seekable, output);
  else if (head.starts_with("7z\xbc\xaf\x27\x1c"))
    convert_seekable(input, "a 7z archive", archive_read_support_format_7zip, output);
  else if (head.starts_with(rpm_magic))
    convert_rpm(start, output);
  else
    convert_stream(start, output);
  output.flush();
}

int report(Kind kind, std::string message) {
  constexpr std::size_t most = 4000;
  if (message.size() > most) message.resize(most);
  message += '\n';
  // If nobody hears it, the exit code still says it.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  return static_cast<int>(kind == Kind::usage || kind == Kind::integrity ? kind : Kind::failure);
}

}  // namespace
}  // namespace fn::foreign

int main(int argc, char**) {
  try {
    fn::sys::reopen_standard_streams();
    if (argc != 1) fn::fail(fn::Kind::usage, "usage: fn-archive < ARCHIVE > TAR");
    fn::foreign::load_locale();
    fn::foreign::Input input;
    fn::foreign::raise_wall();
    fn::foreign::convert(input);
    return 0;
  } catch (const fn::Error& error) {
    return fn::foreign::report(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return fn::foreign::report(fn::Kind::failure, "out of memory");
  } catch (const std::exception& error) {
    return fn::foreign::report(fn::Kind::failure, error.what());
  }
}
