// SPDX-License-Identifier: Apache-2.0
// What is written of a tree is read again as it was: as tar, as rows of the index, as a stat cache. And a layer depends
// on nothing but the tree.
#include "layer/append_tar_header.hpp"
#include "layer/layer_writer.hpp"
#include "layer/rows.hpp"
#include "layer/stat_cache.hpp"
#include "layer/tar_reader.hpp"
#include "layer/walk.hpp"
#include "layer/whiteout.hpp"
#include "support.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <algorithm>
#include <clocale>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <ostream>
#include <random>
#include <set>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace fn;
using namespace fn::layer;
namespace fs = std::filesystem;

namespace fn::layer {

void showValue(const File& file, std::ostream& out) {
  const Entry& entry = file.entry;
  out << fmt::format("{} ", type_name(entry.type));
  rc::show(entry.path, out);
  out << fmt::format(" mode {:o} owner {}:{} time {}.{:09} size {} device {}:{} link ", entry.mode, entry.uid,
                     entry.gid, entry.mtime, entry.mtime_ns, entry.size, entry.device_major, entry.device_minor);
  rc::show(entry.link, out);
  rc::show(Xattrs::Map(entry.xattrs.begin(), entry.xattrs.end()), out);
}

}  // namespace fn::layer

namespace {

// Any byte but those that end a name, and now and then a long one.
rc::Gen<std::string> any_name() {
  const auto byte = rc::gen::map(rc::gen::inRange(1, 255), [](int value) { return value == '/' ? '_' : char(value); });
  return rc::gen::map(rc::gen::pair(rc::gen::nonEmpty(rc::gen::container<std::string>(byte)),
                                    rc::gen::weightedElement<unsigned>({{12, 0U}, {2, 101U}, {1, 255U}})),
                      [](std::pair<std::string, unsigned> made) {
                        auto& [name, length] = made;
                        if (length > 0) name.resize(length, 'x');
                        return name == "." || name == ".." ? std::string("dot") : name;
                      });
}

rc::Gen<std::string> any_path() {
  return rc::gen::map(rc::gen::resize(5, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(any_name()))),
                      [](const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, "/")); });
}

// Numbers of every length: most defects are at the ends of fields.
rc::Gen<std::uint64_t> any_number(unsigned bits) {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0U, bits + 1)),
                      [](const std::pair<std::uint64_t, unsigned>& made) {
                        return made.second == 0 ? 0 : (made.first | (std::uint64_t{1} << 63)) >> (64 - made.second);
                      });
}

rc::Gen<std::map<std::string, std::string>> any_xattrs() {
  const auto name = rc::gen::map(any_name(), [](std::string text) {
    std::replace(text.begin(), text.end(), '=', '-');
    return "user." + text;
  });
  const auto few =
      rc::gen::resize(3, rc::gen::container<std::map<std::string, std::string>>(name, rc::gen::string<std::string>()));
  return rc::gen::weightedOneOf<std::map<std::string, std::string>>(
      {{3, rc::gen::just(std::map<std::string, std::string>{})}, {1, few}});
}

Content any_content(Bytes size) {
  Content content;
  for (auto& byte : content.digest) byte = *rc::gen::arbitrary<std::uint8_t>();
  if (size > chunk_size) content.chunks.resize((size - 1) / chunk_size + 1);
  for (Checksum& chunk : content.chunks) chunk.fill(*rc::gen::arbitrary<std::uint8_t>());
  return content;
}

// An entry as an archive or a directory may have it. `largest`: of a file's size.
rc::Gen<File> any_file(Bytes largest) {
  return rc::gen::exec([largest] {
    File file;
    Entry& entry = file.entry;
    entry.path = *any_path();
    entry.type = Type(*rc::gen::inRange(0, int(Type::fifo) + 1));
    entry.mode = *rc::gen::inRange(0U, 010000U);
    entry.uid = *any_number(32);
    entry.gid = *any_number(32);
    entry.mtime = std::int64_t(*any_number(35)) * *rc::gen::element(1, 1, 1, -1);
    entry.mtime_ns = *rc::gen::oneOf(rc::gen::just(0U), rc::gen::inRange(0U, 1'000'000'000U));
    if (entry.type == Type::file) entry.size = *rc::gen::inRange(Bytes{0}, largest);
    if (entry.type == Type::symlink || entry.type == Type::hardlink) entry.link = *any_path();
    if (entry.type == Type::char_device || entry.type == Type::block_device) {
      entry.device_major = std::uint32_t(*any_number(12));
      entry.device_minor = std::uint32_t(*any_number(20));
    }
    entry.xattrs = *any_xattrs();
    if (entry.size > 0) file.content = any_content(entry.size);
    return file;
  });
}

bool tar_is_read_as_written() {
  return rc::check("a tar is read as it was written", [] {
    const auto files = *rc::gen::resize(8, rc::gen::container<std::vector<File>>(any_file(3000)));
    std::vector<std::byte> tar;
    for (const File& file : files) {
      append_tar_header(tar, file.entry);
      tar.resize(tar.size() + file.entry.size + tar_padding(file.entry.size), std::byte{7});
      std::fill(tar.end() - std::ptrdiff_t(tar_padding(file.entry.size)), tar.end(), std::byte{0});
    }
    tar.resize(tar.size() + tar_trailer);
    MemorySource source(tar);
    TarReader reader(source);
    std::vector<std::byte> buffer(4096);
    for (const File& file : files) {
      const auto entry = reader.next();
      RC_ASSERT(entry.has_value());
      RC_ASSERT((File{*entry, {}}).entry == file.entry);
      Bytes size = 0;
      while (const std::size_t got = reader.read(buffer)) size += got;
      RC_ASSERT(size == file.entry.size);
    }
    RC_ASSERT(!reader.next().has_value());
  });
}

bool rows_are_read_as_written() {
  return rc::check("rows of the index are read as they were written, and cut short they are refused", [] {
    const auto files = *rc::gen::container<std::vector<File>>(any_file(2 * MiB));
    ContinuedFile continued;
    if (*rc::gen::arbitrary<bool>()) continued = {any_content(1).digest, *any_number(40), 1 + *any_number(22)};
    RowWriter writer(*any_number(33), continued);
    for (const File& file : files) writer.add(file.entry, file.content);
    const std::string packed = writer.finish();
    RowReader reader(packed);
    for (const File& file : files) {
      const std::optional<File> read = reader.next();
      RC_ASSERT(read.has_value());
      RC_ASSERT(read->entry == file.entry);
      RC_ASSERT(read->content == file.content);
    }
    RC_ASSERT(!reader.next().has_value());
    const std::size_t cut = *rc::gen::inRange<std::size_t>(0, packed.size());
    try {
      RowReader cut_short(std::string_view(packed).substr(0, cut));
      std::size_t left = 0;
      while (cut_short.next()) ++left;
      RC_ASSERT(left < std::max<std::size_t>(1, files.size()));
    } catch (const Error& error) {
      RC_ASSERT(error.kind() == Kind::integrity);
    }
  });
}

bool stat_caches_are_read_as_written() {
  return rc::check("a stat cache finds again what it learned, and one flipped bit makes it forget", [] {
    const auto files = *rc::gen::nonEmpty(rc::gen::container<std::vector<File>>(any_file(2 * MiB)));
    StatCache cache;
    std::vector<FileIdentity> identities;
    const std::uint64_t device = *any_number(64);
    std::uint64_t inode = 0;
    for (const File& file : files) {
      inode += 1 + *any_number(30);
      identities.push_back({.device = device + *rc::gen::inRange(0U, 3U),
                            .inode = inode,
                            .size = std::max<Bytes>(1, file.entry.size),
                            .mtime_ns = std::int64_t(*any_number(64)),
                            .ctime_ns = std::int64_t(*any_number(64))});
      cache.learn(identities.back(), {any_content(identities.back().size), file.entry.xattrs});
    }
    std::string packed = cache.pack();
    StatCache again(packed);
    for (const FileIdentity& identity : identities) {
      const auto known = again.find(identity);
      RC_ASSERT(known.has_value());
      RC_ASSERT(known->content == cache.find(identity)->content);
      RC_ASSERT(known->xattrs == cache.find(identity)->xattrs);
      FileIdentity other = identity;
      std::int64_t& time = *rc::gen::arbitrary<bool>() ? other.ctime_ns : other.mtime_ns;
      time ^= 1;
      RC_ASSERT(!again.find(other).has_value());
    }
    RC_ASSERT(again.pack() == packed);
    char& byte = packed[*rc::gen::inRange<std::size_t>(0, packed.size())];
    byte = char(byte ^ (1 << *rc::gen::inRange(0, 8)));
    StatCache damaged(packed);
    for (const FileIdentity& identity : identities) RC_ASSERT(!damaged.find(identity).has_value());
  });
}

// Makes the same tree in an order of its own.
void make_tree(const std::string& root, std::vector<File> files, unsigned seed) {
  std::shuffle(files.begin(), files.end(), std::mt19937(seed));
  for (const File& file : files) {
    const std::string path = root + '/' + file.entry.path;
    if (file.entry.type == Type::directory) {
      mkdir(path.c_str(), 0700);
    } else if (file.entry.type == Type::symlink) {
      fs::create_symlink(file.entry.link, path);
    } else if (file.entry.type == Type::fifo) {
      mkfifo(path.c_str(), 0600);
    } else {
      sys::write_full(sys::open_file(path, O_WRONLY | O_CREAT).get(), std::string(file.entry.size, file.entry.path[0]),
                      path);
      for (const auto& [name, value] : file.entry.xattrs)
        setxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0);
    }
    if (file.entry.type != Type::symlink) ::chmod(path.c_str(), mode_t(file.entry.mode | 0600));
    const timespec time{.tv_sec = file.entry.mtime, .tv_nsec = long(file.entry.mtime_ns)};
    const timespec times[2] = {time, time};
    utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
}

std::string digest_of(const std::string& tree, const oci::Layout& layout, unsigned threads) {
  const WrittenLayer layer = write_layer(list_directory(tree, [](const std::string&) {}), layout,
                                         {.codec = Codec::parse("zstd:1"), .threads = threads});
  return layer.descriptor.digest.str() + layer.diff_id.str();
}

bool layers_depend_on_the_tree_alone() {
  return rc::check("a layer depends on the tree alone", [] {
    std::set<std::string> seen;
    std::vector<File> files;
    for (File file : *rc::gen::container<std::vector<File>>(any_file(300'000))) {
      std::replace(file.entry.path.begin(), file.entry.path.end(), '/', '+');
      if (file.entry.path.size() > 255) file.entry.path.resize(255);
      if (file.entry.path.starts_with(whiteout_prefix) || !seen.insert(file.entry.path).second) continue;
      if (file.entry.link.size() > 1000) file.entry.link.resize(1000);
      if (file.entry.type == Type::hardlink || file.entry.type == Type::char_device ||
          file.entry.type == Type::block_device)
        file.entry.type = Type::file;
      file.entry.mtime = std::abs(file.entry.mtime) % 4'000'000'000;
      file.entry.xattrs.remove_if([](const std::string& name) { return name.size() > 250; });
      files.push_back(std::move(file));
    }
    const sys::TempDir one(fs::temp_directory_path(), "fn-trees-");
    const sys::TempDir two(fs::temp_directory_path(), "fn-trees-");
    const sys::TempDir home(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path().string(),
                            "fn-trees-");
    const oci::Layout layout = oci::Layout::create(home.path() + "/layout");
    make_tree(one.path(), files, 1);
    const std::string wanted = digest_of(one.path(), layout, 1);

    const fs::path before = fs::current_path();
    const mode_t mask = umask(077);
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    std::setlocale(LC_ALL, "C");
    fs::current_path(two.path());
    make_tree(two.path(), files, 2);
    const std::string got = digest_of(".", layout, 8) + digest_of(two.path(), layout, 2);
    fs::current_path(before);
    umask(mask);
    setenv("TZ", "UTC", 1);
    tzset();
    std::setlocale(LC_ALL, "");
    RC_ASSERT(got == wanted + wanted);
  });
}

}  // namespace

int main() {
  property::set_cases(400);
  std::setlocale(LC_ALL, "");
  const bool held[] = {tar_is_read_as_written(), rows_are_read_as_written(), stat_caches_are_read_as_written(),
                       layers_depend_on_the_tree_alone()};
  return std::all_of(std::begin(held), std::end(held), [](bool one) { return one; }) ? 0 : 1;
}
