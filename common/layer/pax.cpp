// SPDX-License-Identifier: Apache-2.0
#include "layer/pax.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace fn::layer {
namespace {

constexpr std::string_view xattr_key = "SCHILY.xattr.";
constexpr std::string_view libarchive_xattr_key = "LIBARCHIVE.xattr.";

[[noreturn]] void fail_value(std::string_view key, std::string_view value) {
  fail(Kind::integrity, "PAX header: invalid value '{}' of '{}'", printable(value.substr(0, 80)),
       printable(key.substr(0, 80)));
}

std::uint64_t number(std::string_view key, std::string_view value) {
  const auto parsed = parse_uint(value);
  if (!parsed || *parsed > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) fail_value(key, value);
  return *parsed;
}

std::optional<std::uint64_t> number_or_deleted(std::string_view key, std::string_view value) {
  if (value.empty()) return std::nullopt;
  return number(key, value);
}

std::optional<std::string> name_or_deleted(std::string_view key, std::string_view value) {
  if (value.empty()) return std::nullopt;
  if (value.find('\0') != std::string_view::npos) fail_value(key, value);
  return std::string(value);
}

// "-1.5" is two seconds before 1970 and half a second forward.
std::optional<PaxTime> time_or_deleted(std::string_view key, std::string_view value) {
  if (value.empty()) return std::nullopt;
  std::string_view rest = value;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const std::size_t point = rest.find('.');
  PaxTime time;
  time.seconds = static_cast<std::int64_t>(number(key, rest.substr(0, point)));
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : rest.substr(point + 1);
  if (fraction.find_first_not_of("0123456789") != std::string_view::npos) fail_value(key, value);
  for (std::size_t i = 0; i < 9; ++i) {
    const char digit = i < fraction.size() ? fraction[i] : '0';
    time.nanoseconds = time.nanoseconds * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  if (!negative) return time;
  time.seconds = -time.seconds;
  if (time.nanoseconds == 0) return time;
  --time.seconds;
  time.nanoseconds = 1'000'000'000 - time.nanoseconds;
  return time;
}

// Sparse format 0.1: "OFFSET,SIZE,OFFSET,SIZE..".
std::vector<SparseExtent> extent_list(std::string_view key, std::string_view value) {
  std::vector<SparseExtent> extents;
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    if (comma == std::string_view::npos) fail_value(key, value);
    const std::size_t end = std::min(value.find(',', comma + 1), value.size());
    extents.push_back({number(key, value.substr(0, comma)), number(key, value.substr(comma + 1, end - comma - 1))});
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return extents;
}

void set_sparse(std::string_view key, std::string_view value, PaxRecords& into) {
  if (key == "GNU.sparse.major") {
    into.sparse_major = number(key, value);
  } else if (key == "GNU.sparse.minor") {
    into.sparse_minor = number(key, value);
  } else if (key == "GNU.sparse.name") {
    into.sparse_name = name_or_deleted(key, value);
  } else if (key == "GNU.sparse.size" || key == "GNU.sparse.realsize") {
    into.sparse_size = number(key, value);
  } else if (key == "GNU.sparse.map") {
    into.extents = extent_list(key, value);
  } else if (key == "GNU.sparse.offset") {  // format 0.0: pairs of records
    into.extents.push_back({number(key, value), 0});
  } else if (key == "GNU.sparse.numbytes") {
    if (into.extents.empty()) fail_value(key, value);
    into.extents.back().size = number(key, value);
  }
}

void set_xattr(std::map<std::string, std::string>& xattrs, std::string name, std::string value, std::string_view key) {
  if (name.empty() || name.find('\0') != std::string::npos) fail_value(key, value);
  xattrs.insert_or_assign(std::move(name), std::move(value));
}

// bsdtar and libarchive write every attribute in this form too, or in this form alone (option xattrheader): the name
// percent-encoded, the value in base64, often without the "=" at its end.
void set_libarchive_xattr(std::string_view key, std::string_view value, PaxRecords& into) {
  std::string padded(value);
  padded.resize((padded.size() + 3) / 4 * 4, '=');
  auto bytes = unbase64(padded);
  if (!bytes) fail_value(key, value);
  set_xattr(into.libarchive_xattrs, percent_decoded(key.substr(libarchive_xattr_key.size())), std::move(*bytes), key);
}

void set_record(std::string_view key, std::string_view value, PaxRecords& into) {
  if (key == "path") {
    into.path = name_or_deleted(key, value);
  } else if (key == "linkpath") {
    into.link = name_or_deleted(key, value);
  } else if (key == "size") {
    into.size = number_or_deleted(key, value);
  } else if (key == "uid") {
    into.uid = number_or_deleted(key, value);
  } else if (key == "gid") {
    into.gid = number_or_deleted(key, value);
  } else if (key == "mtime") {
    into.mtime = time_or_deleted(key, value);
  } else if (key.starts_with(xattr_key)) {
    set_xattr(into.xattrs, std::string(key.substr(xattr_key.size())), std::string(value), key);
  } else if (key.starts_with(libarchive_xattr_key)) {
    set_libarchive_xattr(key, value, into);
  } else if (key.starts_with("GNU.sparse.")) {
    set_sparse(key, value, into);
  }
}

}  // namespace

void for_each_pax_record(std::string_view records,
                         const std::function<void(std::string_view key, std::string_view value)>& each) {
  while (!records.empty()) {
    const std::size_t blank = records.substr(0, 21).find(' ');
    const auto length = blank == std::string_view::npos ? std::nullopt : parse_uint(records.substr(0, blank));
    if (!length || *length > records.size() || *length < blank + 4 || records[*length - 1] != '\n')
      fail(Kind::integrity, "PAX header: a record has the wrong length");
    const std::string_view record = records.substr(blank + 1, *length - blank - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) fail(Kind::integrity, "PAX header: a record has no key");
    each(record.substr(0, equals), record.substr(equals + 1));
    records.remove_prefix(*length);
  }
}

void parse_pax(std::string_view records, PaxRecords& into) {
  for_each_pax_record(records, [&](std::string_view key, std::string_view value) { set_record(key, value, into); });
}

}  // namespace fn::layer
