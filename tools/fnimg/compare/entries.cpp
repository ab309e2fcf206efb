// SPDX-License-Identifier: Apache-2.0
#include "compare/entries.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace fn::img {
namespace {

using layer::Entry;
using layer::Type;

constexpr std::size_t max_value = 1024;
constexpr std::size_t max_spellings = 64;

// RFC 3339; "@SECONDS" for a time that has no such form, which a tar may well hold.
std::string tar_time_text(std::int64_t seconds, std::uint32_t nanoseconds = 0) {
  std::string text;
  try {
    text = rfc3339(seconds);
  } catch (const Error&) {
    return fmt::format("@{}", seconds);
  }
  if (nanoseconds != 0) text.insert(text.size() - 1, fmt::format(".{:09}", nanoseconds));
  return text;
}

std::string bytes_text(Bytes size) {
  return counted(size, "byte", "bytes");
}

std::string content_text(const Member& member) {
  return fmt::format("{}, sha256:{}", bytes_text(member.entry.size), hex(member.content).substr(0, 12));
}

std::string summary(const Entry& entry) {
  if (entry.type == Type::file) return fmt::format("file, {}", bytes_text(entry.size));
  return std::string(type_name(entry.type));
}

std::string owner_text(const Entry& entry) {
  return fmt::format("{}:{}", entry.uid, entry.gid);
}

std::string device_text(const Entry& entry) {
  return fmt::format("{},{}", entry.device_major, entry.device_minor);
}

// The attributes of one side that the other has not, or not so.
std::string xattrs_text(const Entry& mine, const Entry& other) {
  std::vector<std::string> list;
  for (const auto& [key, value] : mine.xattrs) {
    const auto same = other.xattrs.find(key);
    if (same == other.xattrs.end() || same->second != value) list.push_back(fmt::format("{}={}", key, value));
  }
  return list.empty() ? "-" : fmt::format("{}", fmt::join(list, " "));
}

struct Meaning {
  std::string_view what;
  std::string_view differ;  // "2,900 of 2,950 entries ..": what follows
  std::string_view hint;
};

constexpr Meaning meanings[] = {
    {"type", "have different types", ""},
    {"content", "have different contents", ""},
    {"link", "link to different targets", ""},
    {"mode", "have different permissions",
     "use a [[layer.rule]] with a mode, or the same umask where the files are created"},
    {"owner", "have different owners", "--owner 0:0; for tar: --owner=0 --group=0 --numeric-owner"},
    {"owner_name", "have different owner or group names, which no layer needs",
     "use tar --numeric-owner; layers written by fnimg have no names"},
    {"mtime", "have different times", "use the same SOURCE_DATE_EPOCH with --times clamp; for tar: --mtime=@0"},
    {"xattrs", "have different extended attributes", ""},
    {"device", "are different devices", ""},
    {"format", "have headers of different formats", "use the same tar --format=ustar|pax|gnu for both"},
    {"header", "have the same metadata in different header bytes", "write both tars with the same program"}};

const Meaning& meaning_of(const std::string& what) {
  return *std::find_if(std::begin(meanings), std::end(meanings),
                       [&](const Meaning& meaning) { return meaning.what == what; });
}

}  // namespace

void EntryComparison::Times::add(std::int64_t time, bool is_first) {
  first = is_first ? time : std::min(first, time);
  last = is_first ? time : std::max(last, time);
}

std::string EntryComparison::Times::str() const {
  return first == last ? tar_time_text(first) : fmt::format("{} to {}", tar_time_text(first), tar_time_text(last));
}

EntryComparison::EntryComparison(std::size_t max_examples) : max_examples_(max_examples) {}

void EntryComparison::add(const std::string& what, const Member& a, std::string value_a, std::string value_b) {
  // Names and attributes of a hostile layer may be as long as its limits; what is shown of them need not.
  if (value_a.size() > max_value) value_a.resize(max_value);
  if (value_b.size() > max_value) value_b.resize(max_value);
  tally(what).add(a.entry.path.empty() ? "." : a.entry.path, std::move(value_a), std::move(value_b));
}

void EntryComparison::pair(const Member& a, const Member& b) {
  ++pairs_;
  if (a.entry.type != b.entry.type) {
    add("type", a, summary(a.entry), summary(b.entry));
  } else {
    compare_content(a, b);
  }
  compare_metadata(a, b);
  compare_headers(a, b);
}

void EntryComparison::only(const Member& member, In side) {
  add(side == In::a ? "only_in_a" : "only_in_b", member, side == In::a ? summary(member.entry) : "-",
      side == In::b ? summary(member.entry) : "-");
}

void EntryComparison::compare_content(const Member& a, const Member& b) {
  if (a.entry.size != b.entry.size || a.content != b.content) add("content", a, content_text(a), content_text(b));
  if (a.entry.link != b.entry.link) add("link", a, or_none(a.entry.link), or_none(b.entry.link));
  const bool is_device = a.entry.type == Type::char_device || a.entry.type == Type::block_device;
  if (is_device && device_text(a.entry) != device_text(b.entry))
    add("device", a, device_text(a.entry), device_text(b.entry));
}

void EntryComparison::compare_metadata(const Member& a, const Member& b) {
  const Entry& x = a.entry;
  const Entry& y = b.entry;
  if (x.mode != y.mode) add("mode", a, fmt::format("{:04o}", x.mode), fmt::format("{:04o}", y.mode));
  if (owner_text(x) != owner_text(y)) add("owner", a, owner_text(x), owner_text(y));
  if (x.xattrs != y.xattrs) add("xattrs", a, xattrs_text(x, y), xattrs_text(y, x));
  times_a_.add(x.mtime, pairs_ == 1);
  times_b_.add(y.mtime, pairs_ == 1);
  if (x.mtime != y.mtime || x.mtime_ns != y.mtime_ns)
    add("mtime", a, tar_time_text(x.mtime, x.mtime_ns), tar_time_text(y.mtime, y.mtime_ns));
}

void EntryComparison::compare_headers(const Member& a, const Member& b) {
  // The same bytes say the same of everything below.
  if (a.headers.before.empty() && b.headers.before.empty() && a.headers.block == b.headers.block) return;
  const std::string names_a = fmt::format("{}:{}", owner_name(a.headers), group_name(a.headers));
  const std::string names_b = fmt::format("{}:{}", owner_name(b.headers), group_name(b.headers));
  if (names_a != names_b) add("owner_name", a, names_a, names_b);
  const std::string_view format_a = format_name(a.headers);
  const std::string_view format_b = format_name(b.headers);
  // Headers of two formats differ in their bytes by what they are.
  if (format_a != format_b) {
    if (!format_follows_values(a, b)) add("format", a, std::string(format_a), std::string(format_b));
    return;
  }
  // Another type is written in other ways, down to the "/" behind a directory's name.
  if (a.entry.type != b.entry.type) return;
  const std::vector<Spelling> spellings = compare_spelling(a, b);
  if (spellings.empty()) return;
  for (const Spelling& spelling : spellings)
    if (spellings_.size() < max_spellings || spellings_.contains(spelling.field)) ++spellings_[spelling.field];
  const Spelling& first = spellings.front();
  add("header", a, fmt::format("{} '{}'", first.field, first.a), fmt::format("{} '{}'", first.field, first.b));
}

std::string EntryComparison::text(const std::string& what, std::uint64_t count) const {
  if (what == "only_in_a") return counted(count, "entry is", "entries are") + " only in A";
  if (what == "only_in_b") return counted(count, "entry is", "entries are") + " only in B";
  std::string text =
      fmt::format("{} of {} {}", grouped(count), counted(pairs_, "entry", "entries"), meaning_of(what).differ);
  if (what == "mtime") text += fmt::format(" (A: {}; B: {})", times_a_.str(), times_b_.str());
  if (what == "header") {
    std::vector<std::string> fields;
    for (const auto& [field, times] : spellings_)
      fields.push_back(fmt::format("{} in {}", printable(field), grouped(times)));
    if (fields.size() > 8) fields.resize(8);
    text += fmt::format(" ({})", fmt::join(fields, ", "));
  }
  return text;
}

void EntryComparison::add_to(Causes& causes, const std::string& layer) {
  for (auto& [what, tally] : tallies_) {
    const bool one_sided = what.starts_with("only_in");
    causes.push_back({.level = Level::layer,
                      .layer = layer,
                      .what = what,
                      .count = tally.count(),
                      .text = text(what, tally.count()),
                      .hint = one_sided ? std::string() : std::string(meaning_of(what).hint),
                      .examples = tally.take(),
                      .paths = true});
  }
}

}  // namespace fn::img
