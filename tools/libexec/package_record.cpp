// SPDX-License-Identifier: Apache-2.0
#include "package_record.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/tar_reader.hpp"

#include <algorithm>
#include <span>

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
  const auto same = [](char a, char b) { return ascii_lower(a) == ascii_lower(b); };
  for (std::size_t line = 0; line < stanza.size();) {
    const std::size_t end = std::min(stanza.find('\n', line), stanza.size());
    const std::string_view text = stanza.substr(line, end - line);
    const std::size_t colon = text.find(':');
    if (colon == name.size() && std::equal(name.begin(), name.end(), text.begin(), same)) {
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

}  // namespace

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
