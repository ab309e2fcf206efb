// SPDX-License-Identifier: Apache-2.0
// An OCI image layout on disk (image-spec, image-layout.md):
//
//     oci-layout         the version, written last when a layout is made, so that no half of one is opened
//     index.json         what there is by name; replaced in one step
//     blobs/sha256/HEX   each blob, by the digest of its bytes
//
// A blob has no name until all of it is on disk: BlobWriter hashes what it writes, and commit() syncs, renames, and
// syncs the directory. So what has a name is complete. Nothing is locked here; two writers of one blob write the same
// bytes.
//
// Whoever can write to the directory may have put anything there. Names are opened without waiting for a FIFO and
// without following links, but those that we or root made, and only regular files count. The size is compared when a
// blob is opened; the digest by read_blob(), or by who reads the stream. A document that is there but damaged is
// written anew by put().
#include "oci/layout.hpp"

#include "base/text.hpp"
#include "oci/index.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::oci {
namespace {

constexpr Bytes max_index = 64 * MiB;
constexpr std::string_view blob_directory = "blobs/sha256";
constexpr std::string_view temporary_prefix = ".tmp-";

std::string name_of(const Digest& digest) {
  if (digest.empty()) fail(Kind::internal, "requested a blob without a digest");
  return digest.hex();
}

sys::Fd open_directory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) fail(Kind::not_found, "'{}' does not exist", printable(path));
  if (fd < 0 && errno == ENOTDIR) fail(Kind::usage, "'{}' is not a directory", printable(path));
  return sys::Fd(sys::check(fd, "cannot open '{}'", printable(path)));
}

bool exists(int dir, const char* name) {
  return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

// Keeps an existing file of that name: another process may have created it first.
void make_file(int dir, const std::string& path, const std::string& name, std::string_view content) {
  if (exists(dir, name.c_str())) return;
  sys::TempFile file(dir, path + '/' + name);
  file.write(content);
  file.commit(name, sys::TempFile::Existing::keep);
}

void check_marker(int dir, const std::string& path) {
  sys::Fd file(openat(dir, "oci-layout", O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT)
    fail(Kind::not_found, "'{}' is not an OCI image layout: 'oci-layout' is missing", printable(path));
  sys::check(file.get(), "cannot open '{}/oci-layout'", printable(path));
  const std::string subject = fmt::format("'{}/oci-layout'", printable(path));
  const std::string text = sys::read_fd(file.get(), path + "/oci-layout", 64 * KiB);
  std::string version;
  try {
    const Json json = Json::parse(text, subject);
    version = while_doing([&] { return subject; }, [&] { return json.at("imageLayoutVersion").as_string(); });
  } catch (const Error& error) {
    throw Error(error.kind(), error.what(), fmt::format("the file of every layout contains {}", layout_marker));
  }
  if (version != "1.0.0") fail(Kind::integrity, "{}: layout version '{}' is not 1.0.0", subject, printable(version));
}

// Calls `each` with every name in the directory but "." and "..".
template <typename Each>
void for_each_name(int dir, const std::string& path, const Each& each) {
  const int fd = sys::check(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot read '{}'", printable(path));
  DIR* stream = fdopendir(fd);
  if (!stream) {
    const int saved = errno;
    close(fd);
    sys::fail_errno(saved, fmt::format("cannot read '{}'", printable(path)));
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> owner(stream, closedir);
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream);
    if (!entry && errno != 0) sys::fail_errno(errno, fmt::format("cannot read '{}'", printable(path)));
    if (!entry) return;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") each(std::string(name), entry->d_type);
  }
}

// Bazel and others make layouts of links to where their blobs are. A link that we or root made is followed; one of
// another user in a directory that all may write to is not.
bool is_trusted_link(int dir, const std::string& name) {
  struct stat status {};
  return fstatat(dir, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode) &&
         (status.st_uid == 0 || status.st_uid == geteuid());
}

bool is_regular(int dir, const std::string& name, unsigned char type) {
  if (type != DT_UNKNOWN) return type == DT_REG;
  struct stat status {};
  return fstatat(dir, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

void BlobWriter::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  file_.write(bytes);
}

void BlobWriter::write(std::span<const std::byte> bytes, const Sha256& behind) {
  hash_ = behind;
  file_.write(bytes);
}

Digest BlobWriter::commit() {
  const Digest digest(hash_.finish());
  file_.commit(digest.hex(), sys::TempFile::Existing::replace);
  return digest;
}

void BlobWriter::commit(const Digest& expected) {
  const Digest digest(hash_.finish());
  if (digest != expected)
    fail(Kind::integrity, "blob '{}': digest mismatch: actual digest '{}'", expected.str(), digest.str());
  file_.commit(digest.hex(), sys::TempFile::Existing::replace);
}

Layout Layout::open(const std::string& path) {
  sys::Fd dir = open_directory(path);
  check_marker(dir.get(), path);
  sys::Fd blobs(openat(dir.get(), blob_directory.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!blobs && (errno == ENOENT || errno == ENOTDIR))
    fail(Kind::integrity, "'{}' is not an OCI image layout: directory '{}' is missing", printable(path),
         blob_directory);
  sys::check(blobs.get(), "cannot open '{}/{}'", printable(path), blob_directory);
  return {path, std::move(dir), std::move(blobs)};
}

Layout Layout::create(const std::string& path) {
  sys::make_directories(fmt::format("{}/{}", path, blob_directory));
  {
    const sys::Fd dir = open_directory(path);
    make_file(dir.get(), path, "index.json", dump_index({}));
    make_file(dir.get(), path, "oci-layout", layout_marker);
  }
  return open(path);
}

std::optional<Bytes> Layout::blob_size(const Digest& digest) const {
  struct stat status {};
  const std::string name = name_of(digest);
  const int flags = is_trusted_link(blobs_.get(), name) ? 0 : AT_SYMLINK_NOFOLLOW;
  if (fstatat(blobs_.get(), name.c_str(), &status, flags) < 0) {
    if (errno == ENOENT) return std::nullopt;
    sys::check(-1, "cannot read blob '{}'", digest.str());
  }
  if (!S_ISREG(status.st_mode)) fail(Kind::integrity, "blob '{}' is not a regular file", digest.str());
  return Bytes(status.st_size);
}

sys::Fd Layout::open_blob(const Descriptor& descriptor) const {
  const std::string& digest = descriptor.digest.str();
  // O_NONBLOCK: whoever put a FIFO there must not make us wait.
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  const std::string name = name_of(descriptor.digest);
  sys::Fd fd(openat(blobs_.get(), name.c_str(), flags | O_NOFOLLOW));
  if (!fd && errno == ELOOP && is_trusted_link(blobs_.get(), name))
    fd = sys::Fd(openat(blobs_.get(), name.c_str(), flags));
  if (!fd && errno == ENOENT) fail(Kind::not_found, "blob '{}' is missing from '{}'", digest, printable(path_));
  if (!fd && errno == ELOOP) fail(Kind::integrity, "blob '{}' is not a regular file", digest);
  sys::check(fd.get(), "cannot open blob '{}'", digest);
  struct stat status {};
  sys::check(fstat(fd.get(), &status), "cannot read blob '{}'", digest);
  if (!S_ISREG(status.st_mode)) fail(Kind::integrity, "blob '{}' is not a regular file", digest);
  if (Bytes(status.st_size) != descriptor.size)
    fail_hint(Kind::integrity, "the blob is corrupt; import or pull the image again",
              "blob '{}' has {} bytes, its descriptor says {}", digest, status.st_size, descriptor.size);
  return fd;
}

std::string Layout::read_blob(const Descriptor& descriptor, Bytes max_bytes) const {
  const std::string& digest = descriptor.digest.str();
  if (descriptor.size > max_bytes)
    fail(Kind::usage, "document '{}' has {} bytes, limit {}", digest, descriptor.size, max_bytes);
  const sys::Fd fd = open_blob(descriptor);
  std::string text(descriptor.size, '\0');
  const std::size_t got = sys::read_full(fd.get(), std::as_writable_bytes(std::span(text)), digest);
  if (got != text.size() || Digest::of(text) != descriptor.digest)
    fail_hint(Kind::integrity, "the blob is corrupt; import or pull the image again", "blob '{}': digest mismatch",
              digest);
  return text;
}

BlobWriter Layout::new_blob() const {
  return {blobs_.get(), fmt::format("{}/{}", path_, blob_directory)};
}

Descriptor Layout::put(std::string_view bytes, std::string_view media_type) const {
  Descriptor descriptor{.media_type = std::string(media_type),
                        .digest = Digest::of(bytes),
                        .size = bytes.size(),
                        .annotations = {},
                        .platform = {}};
  if (holds(descriptor)) return descriptor;
  BlobWriter writer = new_blob();
  writer.write(std::as_bytes(std::span(bytes)));
  writer.commit(descriptor.digest);
  return descriptor;
}

void Layout::link_blob(const Digest& digest, const Layout& other) const {
  const std::string target = other.path_ + "/blobs/sha256/" + digest.hex();
  sys::check(symlinkat(target.c_str(), blobs_.get(), digest.hex().c_str()), "cannot link blob '{}'", digest.str());
}

void Layout::put_documents(const Image& image) const {
  put(image.config_text, image.manifest.config.media_type);
  put(image.manifest_text, image.descriptor.media_type);
}

bool Layout::holds(const Descriptor& blob) const {
  sys::Fd fd;
  try {
    fd = open_blob(blob);
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found && error.kind() != Kind::integrity) throw;
    return false;
  }
  Sha256 hash;
  std::vector<std::byte> buffer(std::size_t(std::clamp<Bytes>(blob.size, 1, 1 * MiB)));
  while (const std::size_t got = sys::read_full(fd.get(), buffer, blob.digest.str())) {
    sys::check_interrupt();
    hash.update(std::span<const std::byte>(buffer).first(got));
  }
  return Digest(hash.finish()) == blob.digest;
}

std::optional<BlobStamp> Layout::blob_stamp(const Digest& digest) const {
  timespec tick{};
  clock_gettime(CLOCK_REALTIME_COARSE, &tick);  // the clock of inodes
  struct stat status {};
  if (fstatat(blobs_.get(), name_of(digest).c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  const auto& ctime = status.st_ctim;
  const bool settled = ctime.tv_sec < tick.tv_sec || (ctime.tv_sec == tick.tv_sec && ctime.tv_nsec < tick.tv_nsec);
  return BlobStamp{.text = fmt::format("{} {} {}.{:09} {}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                                       status.st_mtim.tv_nsec, ctime.tv_sec, ctime.tv_nsec),
                   .settled = settled};
}

void Layout::remove_blob(const Digest& digest) const {
  if (unlinkat(blobs_.get(), name_of(digest).c_str(), 0) < 0 && errno != ENOENT)
    sys::check(-1, "cannot remove blob '{}'", digest.str());
}

std::vector<Digest> Layout::blobs(const std::function<void(const std::string&)>& stray) const {
  std::vector<Digest> digests;
  for_each_name(blobs_.get(), fmt::format("{}/{}", path_, blob_directory), [&](const std::string& name, auto type) {
    const std::string digest = "sha256:" + name;
    if (Digest::is_valid(digest) && is_regular(blobs_.get(), name, type)) {
      digests.push_back(Digest::parse(digest));
    } else if (stray && !name.starts_with(temporary_prefix)) {
      stray(fmt::format("{}/{}", blob_directory, name));
    }
  });
  std::sort(digests.begin(), digests.end());
  return digests;
}

void Layout::sync() const {
  sys::fsync_directory(blobs_.get(), fmt::format("{}/{}", path_, blob_directory));
}

std::size_t Layout::remove_leftovers() const {
  std::size_t count = 0;
  for (const int dir : {blobs_.get(), dir_.get()})
    for_each_name(dir, path_, [&](const std::string& name, auto type) {
      if (!name.starts_with(temporary_prefix) || !is_regular(dir, name, type)) return;
      sys::check(unlinkat(dir, name.c_str(), 0), "cannot remove '{}'", printable(name));
      ++count;
    });
  return count;
}

std::optional<std::string> Layout::index_text() const {
  const std::string name = path_ + "/index.json";
  const sys::Fd file(openat(dir_.get(), "index.json", O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::nullopt;
  sys::check(file.get(), "cannot open '{}'", printable(name));
  return sys::read_fd(file.get(), name, max_index);
}

std::vector<Descriptor> Layout::read_index() const {
  const auto text = index_text();
  if (!text) fail(Kind::integrity, "'{}' is not an OCI image layout: 'index.json' is missing", printable(path_));
  return parse_index(*text, fmt::format("'{}/index.json'", printable(path_)));
}

std::vector<Descriptor> Layout::salvage_index() const {
  const auto text = index_text();
  if (!text) return {};
  try {
    return parse_index(*text, "index.json");
  } catch (const Error&) {
    return oci::salvage_index(*text);
  }
}

std::string Layout::keep_damaged_index() const {
  const std::string name = "index.json.damaged-" + Digest::of(index_text().value_or("")).hex().substr(0, 8);
  if (linkat(dir_.get(), "index.json", dir_.get(), name.c_str(), 0) < 0 && errno != EEXIST)
    sys::check(-1, "cannot create '{}/{}'", printable(path_), name);
  return name;
}

sys::FileLock Layout::lock(std::chrono::milliseconds timeout) const {
  return sys::FileLock::of_directory(path_, timeout);
}

void Layout::write_index(const std::vector<Descriptor>& manifests) const {
  const std::string text = dump_index(manifests);
  if (index_text() == text) return;
  sys::TempFile file(dir_.get(), path_ + "/index.json");
  file.write(text);
  file.commit("index.json", sys::TempFile::Existing::replace);
}

}  // namespace fn::oci
