// SPDX-License-Identifier: Apache-2.0
// A file FN_HOME/runs/NAME:TAG, '/' written as ',' (which no reference has):
//
//     format, processor   another one's record is none
//     blobs               the digests of the documents that it was made from
//     stamp               the state of these files, and of state.db, then
//     record
//     checksum            of all before it, 8 bytes: a flipped bit is no record either
#include "state/run_records.hpp"

#include "base/error.hpp"
#include "base/pack.hpp"
#include "base/text.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::state {
namespace {

#if defined(__x86_64__)
constexpr std::string_view format = "fn run 1 amd64";
#elif defined(__aarch64__)
constexpr std::string_view format = "fn run 1 arm64";
#endif
constexpr std::size_t checksum_size = 8;
constexpr std::size_t max_size = 64 * 1024;  // with an environment beyond that, a run is not about milliseconds

// FNV-1a: against accidents, not against people, who can write here what they like.
std::string checksum(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string text;
  for (unsigned shift = 0; shift < 64; shift += 8) text += static_cast<char>(sum >> shift & 0xff);
  return text;
}

std::string file_name(std::string reference) {
  std::replace(reference.begin(), reference.end(), '/', ',');
  return reference;
}

// NAME[:TAG] with the tag that it means; nothing for a text that names an image in another way.
std::optional<std::string> with_tag(std::string_view text) {
  if (text.empty() || text.find('@') != text.npos || text.front() == '.') return std::nullopt;
  const bool is_tagged = text.find(':', text.rfind('/') + 1) != text.npos;
  return std::string(text) + (is_tagged ? "" : ":latest");
}

// As rootfs::layer_names() makes them: a record must not lead out of the directory of layers.
bool is_layer_name(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

void pack_list(Packer& packer, const std::vector<std::string>& list) {
  packer.number(list.size());
  for (const std::string& each : list) packer.text(each);
}

std::vector<std::string> unpack_list(Unpacker& unpacker) {
  std::vector<std::string> list(unpacker.number_below(max_size));
  for (std::string& each : list) each = unpacker.text();
  return list;
}

bool pack_state_of(Packer& packer, const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  const auto time = [&](const timespec& t) {
    packer.signed_number(t.tv_sec).number(static_cast<std::uint64_t>(t.tv_nsec));
  };
  packer.number(status.st_dev).number(status.st_ino).signed_number(status.st_size);
  time(status.st_mtim);
  time(status.st_ctim);
  return true;
}

}  // namespace

std::optional<std::string> RunRecords::stamp(const std::vector<std::string>& digests) const {
  Packer packer;
  if (!pack_state_of(packer, home_ + "/state.db")) return std::nullopt;
  for (const std::string& digest : digests)
    if (!pack_state_of(packer, home_ + "/blobs/sha256/" + digest.substr(digest.find(':') + 1))) return std::nullopt;
  return packer.take();
}

std::optional<RunRecord> RunRecords::find(std::string_view text) const {
  const auto reference = with_tag(text);
  if (!reference) return std::nullopt;
  const std::string file = path() + '/' + file_name(*reference);
  const sys::Fd fd(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return std::nullopt;
  try {
    const std::string bytes = sys::read_fd(fd.get(), file, max_size);
    if (bytes.size() < checksum_size) return std::nullopt;
    const std::string_view content = std::string_view(bytes).substr(0, bytes.size() - checksum_size);
    if (checksum(content) != bytes.substr(content.size())) return std::nullopt;
    Unpacker unpacker(content);
    if (unpacker.text() != format) return std::nullopt;
    const std::vector<std::string> digests = unpack_list(unpacker);
    if (unpacker.text() != stamp(digests)) return std::nullopt;
    RunRecord record;
    record.manifest = unpacker.text();
    for (auto* list : {&record.layers, &record.entrypoint, &record.cmd, &record.environment})
      *list = unpack_list(unpacker);
    record.working_dir = unpacker.text();
    record.user = unpacker.text();
    if (!std::all_of(record.layers.begin(), record.layers.end(), is_layer_name)) return std::nullopt;
    return record;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void RunRecords::write(const std::string& reference, const RunRecord& record, const std::vector<std::string>& digests,
                       const std::string& stamp) const {
  Packer packer;
  packer.text(format);
  pack_list(packer, digests);
  packer.text(stamp).text(record.manifest);
  for (const auto* list : {&record.layers, &record.entrypoint, &record.cmd, &record.environment})
    pack_list(packer, *list);
  packer.text(record.working_dir).text(record.user);
  const std::string bytes = packer.str() + checksum(packer.str());
  if (bytes.size() > max_size) return;
  if (mkdir(path().c_str(), 0755) != 0 && errno != EEXIST)
    sys::fail_errno(errno, fmt::format("cannot create '{}'", printable(path())));
  const sys::Fd directory(
      sys::check(open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot open '{}'", printable(path())));
  sys::TempFile file(directory.get(), path());
  file.write(bytes);
  file.commit(file_name(reference), sys::TempFile::Existing::replace);
}

void RunRecords::forget(const std::string& reference) const {
  const sys::Fd directory(open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno == ENOENT) return;
  if (!directory) sys::fail_errno(errno, fmt::format("cannot open '{}'", printable(path())));
  if (unlinkat(directory.get(), file_name(reference).c_str(), 0) == 0) {
    sys::fsync_directory(directory.get(), path());
  } else if (errno != ENOENT) {
    sys::fail_errno(errno, fmt::format("cannot remove '{}/{}'", printable(path()), printable(file_name(reference))));
  }
}

void RunRecords::remove_leftovers() const {
  const sys::Fd directory(open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return;
  for (const std::string& name : sys::names_in(directory.get(), path()))
    if (name.starts_with(".tmp-")) unlinkat(directory.get(), name.c_str(), 0);
}

}  // namespace fn::state
