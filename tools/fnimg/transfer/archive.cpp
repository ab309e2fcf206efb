// SPDX-License-Identifier: Apache-2.0
#include "transfer/archive.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/append_tar_header.hpp"
#include "layer/decompress.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/term.hpp"
#include "transfer/foreign_archive.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::img {
namespace {

constexpr std::array<std::string_view, 16> endings{".tar", ".tgz", ".tzst", ".txz", ".tbz", ".tbz2", ".tlz", ".zip",
                                                   ".whl", ".deb", ".udeb", ".rpm", ".apk", ".cpio", ".7z",  ".ar"};

using Block = std::array<std::byte, layer::tar_block>;

std::string_view text_of(const Block& block) {
  return {reinterpret_cast<const char*>(block.data()), block.size()};
}

// POSIX and GNU tar both have "ustar" at 257; the archives of before 1988 are left to fn-archive.
bool is_tar(const Block& block) {
  return text_of(block).substr(257, 5) == "ustar";
}

// A tar file, or one in gzip or zstd, with all that it stands on.
class TarFile final : public layer::ByteSource {
 public:
  TarFile(sys::Fd fd, const std::string& name, oci::Compression compression)
      : fd_(std::move(fd)), file_(fd_.get(), name), decoded_(layer::decompress(file_, compression)) {}

  std::size_t read(std::span<std::byte> buffer) override { return decoded_->read(buffer); }

 private:
  sys::Fd fd_;
  layer::FdSource file_;
  std::unique_ptr<layer::ByteSource> decoded_;
};

// The same, for what fn-archive reads.
class ForeignFile final : public layer::ByteSource {
 public:
  ForeignFile(sys::Fd fd, const std::string& name) : fd_(std::move(fd)), archive_(fd_.get(), name) {}
  std::size_t read(std::span<std::byte> buffer) override { return archive_.read(buffer); }

 private:
  sys::Fd fd_;
  ForeignArchive archive_;
};

// The last component, in lower case.
std::string lower_name(const std::string& path) {
  return lower_case(path.substr(path.rfind('/') + 1));
}

bool holds_tar(const sys::Fd& fd, const std::string& name, oci::Compression compression) {
  layer::FdSource file(fd.get(), name);
  Block first{};
  std::size_t got = 0;
  try {
    const auto decoded = layer::decompress(file, compression);
    while (const std::size_t count = decoded->read(std::span(first).subspan(got))) got += count;
  } catch (const Error&) {
    return false;  // fn-archive will say what is wrong with it
  }
  // A package is taken apart by fn-archive.
  const bool is_package = lower_name(name).ends_with(".apk") && text_of(first).starts_with('.');
  return got == first.size() && is_tar(first) && !is_package;
}

// How our own decoders read the file; nothing if they don't.
std::optional<oci::Compression> sniff(const sys::Fd& fd, const std::string& name) {
  Block first{};
  if (sys::pread_full(fd.get(), first, 0, name) < 4) return std::nullopt;
  if (is_tar(first)) return oci::Compression::none;
  const oci::Compression compression = layer::sniff_compression(first);
  if (compression == oci::Compression::none) return std::nullopt;
  const bool tar = holds_tar(fd, name, compression);
  sys::check(lseek(fd.get(), 0, SEEK_SET), "cannot read '{}'", printable(name));
  return tar ? std::optional(compression) : std::nullopt;
}

}  // namespace

std::unique_ptr<layer::ByteSource> open_archive(const std::string& path) {
  const bool is_stdin = path == "-";
  const std::string name = is_stdin ? "stdin" : path;
  if (is_stdin && sys::is_terminal(STDIN_FILENO))
    fail_hint(Kind::usage, "pipe an archive into it, or name a file", "stdin is a terminal, not an archive");
  sys::Fd fd = is_stdin ? sys::Fd(sys::check(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "cannot read stdin"))
                        : sys::open_file(path, O_RDONLY);
  struct stat status {};
  sys::check(fstat(fd.get(), &status), "cannot read '{}'", printable(name));
  if (S_ISDIR(status.st_mode)) fail(Kind::usage, "'{}' is a directory, not an archive", printable(name));
  if (S_ISREG(status.st_mode) && (!is_stdin || lseek(fd.get(), 0, SEEK_CUR) == 0))
    if (const auto compression = sniff(fd, name)) return std::make_unique<TarFile>(std::move(fd), name, *compression);
  return std::make_unique<ForeignFile>(std::move(fd), name);
}

bool is_archive(const std::string& path) {
  const std::string name = lower_name(path);
  if (name.find(".tar.") != std::string::npos || name.find(".cpio.") != std::string::npos) return true;
  if (std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); }))
    return true;
  return sniff(sys::open_file(path, O_RDONLY), path).has_value();
}

}  // namespace fn::img
