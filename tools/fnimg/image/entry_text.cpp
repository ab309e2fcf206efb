// SPDX-License-Identifier: Apache-2.0
#include "image/entry_text.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"

namespace fn::img {

// "drwxr-xr-x", as ls and tar show it.
std::string mode_string(const layer::Entry& entry) {
  static constexpr std::string_view letters = "-dlhcbp";  // in the order of layer::Type
  std::string text(1, letters[std::size_t(entry.type)]);
  for (const unsigned shift : {6U, 3U, 0U})
    for (const unsigned bit : {2U, 1U, 0U}) text += (entry.mode >> (shift + bit)) & 1 ? "xwr"[bit] : '-';
  const auto special = [&](std::uint32_t bit, std::size_t place, char letter) {
    if (entry.mode & bit) text[place] = text[place] == 'x' ? letter : char(letter - 'a' + 'A');
  };
  special(04000, 3, 's');
  special(02000, 6, 's');
  special(01000, 9, 't');
  return text;
}

// RFC 3339; "@SECONDS" for a time that has no such form, which a tar may well hold.
std::string time_text(UnixTime time) {
  try {
    return rfc3339(time);
  } catch (const Error&) {
    return fmt::format("@{}", time);
  }
}

bool is_device(const layer::Entry& entry) {
  return entry.type == layer::Type::char_device || entry.type == layer::Type::block_device;
}

std::string entry_path(const layer::Entry& entry) {
  return entry.path.empty() ? "." : entry.path;
}

Json entry_json(const layer::Entry& entry) {
  Json json = Json::object();
  set_path(json, entry_path(entry));
  json.set("type", type_name(entry.type))
      .set("mode", fmt::format("{:04o}", entry.mode))
      .set("uid", entry.uid)
      .set("gid", entry.gid)
      .set("size", entry.size)
      .set("mtime", time_text(entry.mtime));
  if (entry.mtime_ns != 0) json.set("mtime_ns", std::int64_t{entry.mtime_ns});
  if (!entry.link.empty()) {
    json.set("link", is_utf8(entry.link) ? entry.link : printable(entry.link));
    if (!is_utf8(entry.link)) json.set("link_b64", base64(entry.link));
  }
  if (is_device(entry))
    json.set("device_major", std::int64_t{entry.device_major}).set("device_minor", std::int64_t{entry.device_minor});
  if (!entry.xattrs.empty()) {
    Json xattrs = Json::object();
    for (const auto& [key, value] : entry.xattrs) xattrs.set(printable(key), base64(value));
    json.set("xattrs", std::move(xattrs));
  }
  return json;
}

}  // namespace fn::img
