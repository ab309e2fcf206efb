// SPDX-License-Identifier: Apache-2.0
// The packages of an RPM database. Whatever store it is in (rpm_bdb.cpp, rpm_ndb.cpp, rpm_sqlite.cpp), it gives one
// header after the other, and each is read here: two counts, an index of (tag, type, offset, count), and data, all
// numbers big-endian. The first entry of a tag counts.
//
// Headers come from strangers. Both counts together must be exactly the length, each offset lies inside, each string
// has its end inside, and there are as many directory indexes as files; a wrong type is an error and never read as
// another one. What the packages of one database may take in memory is bounded by one Quota.
#include "package/binary.hpp"
#include "package/parse.hpp"
#include "package/readers.hpp"

#include <optional>

namespace fn::package {
namespace {

enum class Tag : std::uint32_t {
  name = 1000,
  version = 1001,
  release = 1002,
  epoch = 1003,
  architecture = 1022,
  old_file_names = 1027,
  directory_indexes = 1116,
  base_names = 1117,
  directory_names = 1118
};
enum class Type : std::uint32_t { int32 = 4, string = 6, string_array = 8 };

constexpr std::size_t entry_size = 16;

// The strings of one entry, each with a NUL behind it.
class Strings {
 public:
  Strings(std::string_view data, std::uint32_t count) : data_(data), left_(count) {}

  std::optional<std::string_view> next() {
    if (left_ == 0) return std::nullopt;
    --left_;
    const std::size_t end = data_.find('\0');
    if (end == data_.npos) fail(Kind::integrity, "unterminated string");
    const std::string_view value = data_.substr(0, end);
    data_.remove_prefix(end + 1);
    return value;
  }

 private:
  std::string_view data_;
  std::uint32_t left_;
};

// "Header Format" of RPM's file format documentation, without the magic: two counts, an index of (tag, type, offset,
// count), data.
class Header {
 public:
  explicit Header(std::string_view bytes) : bytes_(bytes, Binary::Order::big) {
    entries_ = bytes_.u32(0);
    data_size_ = bytes_.u32(4);
    data_at_ = 8 + entries_ * entry_size;
    if (data_at_ + data_size_ != bytes.size())
      fail(Kind::integrity, "its length does not match its {} entries and {} bytes of data", entries_, data_size_);
  }

  Strings strings(Tag tag, Type type) const {
    const auto entry = find(tag, type);
    return entry ? Strings(bytes_.part(data_at_, data_size_).substr(entry->offset), entry->count) : Strings({}, 0);
  }

  // Empty if it isn't there.
  std::string text(Tag tag) const { return std::string(strings(tag, Type::string).next().value_or("")); }

  // How many numbers there are; the one at `index`.
  std::uint32_t count(Tag tag) const {
    const auto entry = find(tag, Type::int32);
    return entry ? entry->count : 0;
  }
  Binary numbers(Tag tag) const {
    const auto entry = find(tag, Type::int32);
    if (!entry) return {{}, Binary::Order::big};
    return {bytes_.part(data_at_, data_size_).substr(entry->offset), Binary::Order::big};
  }

 private:
  struct Entry {
    std::size_t offset;
    std::uint32_t count;
  };

  std::optional<Entry> find(Tag tag, Type type) const {
    for (std::size_t at = 8; at < data_at_; at += entry_size) {
      if (bytes_.u32(at) != static_cast<std::uint32_t>(tag)) continue;
      if (bytes_.u32(at + 4) != static_cast<std::uint32_t>(type))
        fail(Kind::integrity, "tag {} has type {}", static_cast<std::uint32_t>(tag), bytes_.u32(at + 4));
      const Entry entry{bytes_.u32(at + 8), bytes_.u32(at + 12)};
      if (entry.offset > data_size_) fail(Kind::integrity, "tag {} is beyond the end", static_cast<std::uint32_t>(tag));
      return entry;
    }
    return std::nullopt;
  }

  Binary bytes_;
  std::size_t entries_ = 0;
  std::size_t data_at_ = 0;
  std::size_t data_size_ = 0;
};

std::string version_of(const Header& header) {
  const std::string version = header.text(Tag::version);
  const std::string release = header.text(Tag::release);
  if (version.empty() || release.empty()) fail(Kind::integrity, "the package has no version or no release");
  const std::string epoch = header.count(Tag::epoch) > 0 ? fmt::format("{}:", header.numbers(Tag::epoch).u32(0)) : "";
  return epoch + version + '-' + release;
}

std::vector<std::string> directories_of(const Header& header, Quota& quota) {
  std::vector<std::string> directories;
  Strings names = header.strings(Tag::directory_names, Type::string_array);
  while (const auto name = names.next()) {
    quota.spend(sizeof(std::string) + name->size());
    directories.push_back(resolve({}, *name));
  }
  return directories;
}

void add_files(Package& package, const Header& header, Quota& quota) {
  const std::vector<std::string> directories = directories_of(header, quota);
  const Binary indexes = header.numbers(Tag::directory_indexes);
  Strings names = header.strings(Tag::base_names, Type::string_array);
  std::size_t count = 0;
  for (; const auto name = names.next(); ++count) {
    const std::uint32_t index = indexes.u32(count * 4);
    if (index >= directories.size()) fail(Kind::integrity, "a file has no directory");
    // The root is a file without a name.
    if (!name->empty() && !is_file_name(*name)) fail(Kind::integrity, "a file has an invalid name");
    add_file(package, resolve(directories[index], *name), quota);
  }
  if (count != header.count(Tag::directory_indexes))
    fail(Kind::integrity, "the numbers of files and of their directories differ");
  // Packages built before rpm 4.
  Strings paths = header.strings(Tag::old_file_names, Type::string_array);
  while (const auto path = paths.next()) add_file(package, resolve({}, *path), quota);
  sort_files(package);
}

std::optional<Package> package_of(std::string_view bytes, Quota& quota) {
  const Header header(bytes);
  Package package;
  package.ecosystem = Ecosystem::rpm;
  package.name = header.text(Tag::name);
  if (package.name.empty()) fail(Kind::integrity, "the package has no name");
  // Keys that packages are signed with are kept as if they were packages.
  if (package.name == "gpg-pubkey") return std::nullopt;
  package.version = version_of(header);
  package.architecture = header.text(Tag::architecture);
  quota.spend(sizeof(Package) + package.name.size() + package.version.size() + package.architecture.size());
  add_files(package, header, quota);
  return package;
}

}  // namespace

std::vector<Package> read_rpm(std::string_view bytes, HeaderStore store) {
  std::vector<Package> packages;
  Quota quota;
  std::size_t number = 0;
  store(bytes, [&](std::string_view header) {
    ++number;
    while_doing([&] { return fmt::format("package {}", number); },
                [&] {
                  if (auto package = package_of(header, quota)) packages.push_back(std::move(*package));
                });
  });
  return packages;
}

}  // namespace fn::package
