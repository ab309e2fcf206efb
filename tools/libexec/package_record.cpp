// SPDX-License-Identifier: Apache-2.0
#include "package_record.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/tar_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <vector>

namespace fn::foreign {
namespace {

constexpr Bytes max_file = 64 * MiB;  // of the lists of the largest packages there are, 3 MB

std::string content_of(layer::TarReader& tar, const layer::Entry& entry) {
  if (entry.size > max_file) fail(Kind::integrity, "'{}' is larger than {}", entry.path, human_bytes(max_file));
  std::string content(entry.size, '\0');
  std::span<std::byte> rest = std::as_writable_bytes(std::span(content));
  while (const std::size_t count = tar.read(rest)) rest = rest.subspan(count);
  return content;
}

// The value of a field of the stanza; "" without it. Names of fields are of any case (deb-control(5)).
std::string_view field(std::string_view stanza, std::string_view name) {
  for (std::size_t line = 0; line < stanza.size();) {
    const std::size_t end = std::min(stanza.find('\n', line), stanza.size());
    const std::string_view text = stanza.substr(line, end - line);
    const std::size_t colon = text.find(':');
    if (colon == name.size() && lower_case(text.substr(0, colon)) == lower_case(name)) {
      const std::size_t begin = text.find_first_not_of(" \t", colon + 1);
      return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
    }
    line = end + 1;
  }
  return {};
}

// Debian Policy, 5.6.7.
bool is_package_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && is_alphanumeric(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
  });
}

// Readers take nothing but "MD5  PATH".
bool is_list(std::string_view md5sums) {
  for (const std::string& line : split(md5sums, '\n'))
    if (!line.empty() && (line.find_first_not_of("0123456789abcdef") != 32 || line.substr(32, 2) != "  ")) return false;
  return !md5sums.empty();
}

// A package of apk: .PKGINFO's "KEY = VALUE", and the files that follow, in the lines of apk's database.
class AlpineRecord {
 public:
  void read(std::string_view pkginfo, std::int64_t mtime) {
    mtime_ = mtime;
    for (const std::string& line : split(pkginfo, '\n')) {
      const std::size_t equals = line.find(" = ");
      if (line.starts_with('#') || equals == std::string::npos) continue;
      add(line.substr(0, equals), line.substr(equals + 3));
    }
    if (values_['P'].empty() || values_['V'].empty())
      fail(Kind::integrity, "an Alpine package whose .PKGINFO has no name and version");
  }

  void add_file(const layer::Entry& entry) {
    const bool is_directory = entry.type == layer::Type::directory;
    const std::string directory(is_directory ? entry.path : layer::parent_path(entry.path));
    if (directory != directory_ || is_directory) files_ += "F:" + directory + '\n';
    directory_ = directory;
    if (is_directory && entry.mode != 0755) files_ += fmt::format("M:{}:{}:{:o}\n", entry.uid, entry.gid, entry.mode);
    if (is_directory) return;
    files_ += fmt::format("R:{}\n", layer::base_name(entry.path));
    const bool is_plain = entry.mode == 0644 || entry.type == layer::Type::symlink;
    if (!is_plain || entry.uid != 0 || entry.gid != 0)
      files_ += fmt::format("a:{}:{}:{:o}\n", entry.uid, entry.gid, entry.mode);
  }

  void write(Output& output) const {
    if (values_.empty()) fail(Kind::integrity, "an Alpine package without a .PKGINFO");
    std::string text;
    for (const char letter : order)
      if (const auto value = values_.find(letter); value != values_.end() && !value->second.empty())
        text += fmt::format("{}:{}\n", letter, value->second);
    text += files_ + '\n';
    layer::Entry entry;
    entry.path = "lib/apk/db/installed";
    entry.mtime = mtime_;
    entry.size = text.size();
    output.header(entry);
    output.bytes(std::as_bytes(std::span(text)));
    output.zeros(layer::tar_padding(text.size()));
  }

 private:
  static constexpr std::string_view order = "PVAITULomtcDpirk";

  void add(std::string_view key, const std::string& value) {
    struct Field {
      std::string_view key;
      char letter;
      bool is_list;
    };
    static constexpr std::array fields{Field{"pkgname", 'P', false},    Field{"pkgver", 'V', false},
                                       Field{"arch", 'A', false},       Field{"size", 'I', false},
                                       Field{"pkgdesc", 'T', false},    Field{"url", 'U', false},
                                       Field{"license", 'L', false},    Field{"origin", 'o', false},
                                       Field{"maintainer", 'm', false}, Field{"commit", 'c', false},
                                       Field{"builddate", 't', false},  Field{"depend", 'D', true},
                                       Field{"provides", 'p', true},    Field{"install_if", 'i', true},
                                       Field{"replaces", 'r', true},    Field{"provider_priority", 'k', false}};
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& each) { return each.key == key; });
    if (field == fields.end()) return;
    std::string& slot = values_[field->letter];
    slot = field->is_list && !slot.empty() ? slot + ' ' + value : value;
  }

  std::map<char, std::string> values_;
  std::int64_t mtime_ = 0;
  std::string files_;
  std::string directory_ = "/";  // of the last line; no path has this
};

std::string read_exactly(layer::ByteSource& source, std::size_t size) {
  std::string bytes(size, '\0');
  std::span<std::byte> rest = std::as_writable_bytes(std::span(bytes));
  while (!rest.empty()) {
    const std::size_t count = source.read(rest);
    if (count == 0) fail(Kind::integrity, "a truncated RPM package");
    rest = rest.subspan(count);
  }
  return bytes;
}

std::size_t big_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// A header structure without its magic number: two counts, the index, the data.
std::string read_header(layer::ByteSource& package) {
  constexpr std::size_t index_entry = 16;
  if (!read_exactly(package, 8).starts_with("\x8e\xad\xe8\x01")) fail(Kind::integrity, "no header in an RPM package");
  std::string header = read_exactly(package, 8);
  const std::size_t entries = big_endian(std::string_view(header).substr(0, 4));
  const std::size_t bytes = big_endian(std::string_view(header).substr(4, 4));
  if (entries > 65'536 || bytes > max_file) fail(Kind::integrity, "an RPM package with too large a header");
  return header + read_exactly(package, entries * index_entry + bytes);
}

}  // namespace

void convert_rpm_headers(layer::ByteSource& package, Output& output) {
  constexpr std::size_t lead_size = 96;
  if (!read_exactly(package, lead_size).starts_with(rpm_magic)) fail(Kind::integrity, "not an RPM package");
  const std::string signature = read_header(package);
  read_exactly(package, (8 - signature.size() % 8) % 8);
  const std::string header = read_header(package);
  layer::Entry entry;
  entry.path = "usr/lib/sysimage/rpm/Packages.db";
  entry.size = header.size();
  output.header(entry);
  output.bytes(std::as_bytes(std::span(header)));
  output.zeros(layer::tar_padding(header.size()));
}

bool is_alpine_package(std::string_view head) {
  // The first member may have a PAX header of its own in front.
  constexpr std::size_t type_at = 156;
  constexpr std::size_t size_at = 124;
  if (head.size() > layer::tar_block && head[type_at] == 'x') {
    std::size_t size = 0;
    for (const char c : head.substr(size_at, 11))
      if (c >= '0' && c <= '7') size = size * 8 + std::size_t(c - '0');
    const std::size_t next = layer::tar_block + size + layer::tar_padding(size);
    head = head.substr(std::min(next, head.size()));
  }
  return head.starts_with(".SIGN.") || head.starts_with(".PKGINFO");
}

void convert_alpine_package(layer::ByteSource& tar, Output& output) {
  layer::TarReader reader(tar);
  AlpineRecord record;
  std::vector<std::byte> buffer(256 * KiB);
  bool is_about_package = true;
  while (const auto entry = reader.next()) {
    is_about_package = is_about_package && entry->path.starts_with('.') && entry->path.find('/') == entry->path.npos;
    if (is_about_package) {
      if (entry->path == ".PKGINFO") record.read(content_of(reader, *entry), entry->mtime);
      continue;
    }
    output.header(*entry);
    while (const std::size_t count = reader.read(buffer)) output.bytes(std::span(buffer).first(count));
    output.zeros(layer::tar_padding(entry->size));
    record.add_file(*entry);
  }
  record.write(output);
  output.zeros(layer::tar_trailer);
}

ControlFiles read_control(layer::ByteSource& tar) {
  layer::TarReader reader(tar);
  ControlFiles files;
  while (const auto entry = reader.next()) {
    if (entry->type != layer::Type::file) continue;
    if (entry->path == "md5sums") files.md5sums = content_of(reader, *entry);
    if (entry->path != "control") continue;
    files.control = content_of(reader, *entry);
    files.mtime = entry->mtime;
  }
  return files;
}

void write_record(const ControlFiles& files, Output& output) {
  const std::string name(field(files.control, "Package"));
  if (!is_package_name(name) || field(files.control, "Version").empty())
    fail(Kind::integrity, "a Debian package whose control file has no name and version");
  // Readers of the record would take what follows for another package.
  if (const std::size_t end = files.control.find("\n\n");
      end != std::string::npos && files.control.find_first_not_of(" \t\r\n", end) != std::string::npos)
    fail(Kind::integrity, "a Debian package whose control file is about more than one");
  layer::Entry entry;
  entry.mtime = files.mtime;
  entry.type = layer::Type::directory;
  entry.mode = 0755;
  for (const char* const directory : {"var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status.d"}) {
    entry.path = directory;
    output.header(entry);
  }
  const auto write_file = [&](const std::string& file, const std::string& content) {
    entry.path = "var/lib/dpkg/status.d/" + file;
    entry.type = layer::Type::file;
    entry.mode = 0644;
    entry.size = content.size();
    output.header(entry);
    output.bytes(std::as_bytes(std::span(content)));
    output.zeros(layer::tar_padding(content.size()));
  };
  write_file(name, files.control);
  if (is_list(files.md5sums)) write_file(name + ".md5sums", files.md5sums);
}

}  // namespace fn::foreign
