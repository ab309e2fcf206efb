// SPDX-License-Identifier: Apache-2.0
#include "layer/whiteout.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace fn::layer {
namespace {

std::string hidden_path(std::string_view path) {
  std::string hidden(parent_path(path));
  if (!hidden.empty()) hidden += '/';
  hidden += base_name(path).substr(whiteout_prefix.size());
  return hidden;
}

}  // namespace

std::string name_to_keep(std::size_t number) {
  return fmt::format("{}{}kept.{}", whiteout_prefix, whiteout_prefix, number);
}

void check_whiteout(std::string_view path) {
  for (std::string_view above = parent_path(path); !above.empty(); above = parent_path(above))
    if (is_whiteout(above)) fail(Kind::integrity, "'{}': a whiteout cannot be a directory", printable(above));
  if (!is_whiteout(path)) return;
  const std::string_view name = base_name(path).substr(whiteout_prefix.size());
  check_path(name);
  if (name.empty() || name == "." || name == "..")
    fail(Kind::integrity, "'{}': whiteout without a name", printable(path));
}

void Whiteouts::add(const Entry& entry) {
  if (!is_whiteout(entry.path)) {
    if (entry.type == Type::directory) directories_.insert(entry.path);
    if (entry.type == Type::hardlink && !is_whiteout(entry.link)) link_targets_.insert(entry.link);
    return;
  }
  check_whiteout(entry.path);
  if (base_name(entry.path) == opaque_marker)
    opaque_.emplace(parent_path(entry.path));
  else if (std::string hidden = hidden_path(entry.path); !is_whiteout(hidden))  // there is no such file
    hidden_.insert(std::move(hidden));
}

Whiteouts Whiteouts::only(const Entry& whiteout) const {
  Whiteouts one;
  one.directories_ = directories_;
  one.add(whiteout);
  return one;
}

Whiteouts whiteouts_of(std::span<const File> files) {
  Whiteouts whiteouts;
  // Few layers have any: their directories need not be known.
  if (std::any_of(files.begin(), files.end(), [](const File& file) { return is_whiteout(file.entry.path); }))
    for (const File& file : files) whiteouts.add(file.entry);
  return whiteouts;
}

Whiteouts whiteouts_in(std::span<const std::string> rows) {
  Whiteouts whiteouts;
  for (const std::string& packed : rows) {
    RowReader reader(packed);
    while (const std::optional<File> file = reader.next()) whiteouts.add(file->entry);
  }
  return whiteouts;
}

Whiteouts read_whiteouts(TarReader& layer) {
  Whiteouts whiteouts;
  while (const std::optional<Entry> entry = layer.next()) whiteouts.add(*entry);
  return whiteouts;
}

Entry whiteout_of(std::string_view path, std::int64_t mtime) {
  const std::string_view parent = parent_path(path);
  Entry entry;
  entry.path = fmt::format("{}{}{}{}", parent, parent.empty() ? "" : "/", whiteout_prefix, base_name(path));
  entry.mtime = mtime;
  return entry;
}

Entry opaque_marker_of(std::string_view directory) {
  Entry entry;
  entry.path = fmt::format("{}{}{}", directory, directory.empty() ? "" : "/", opaque_marker);
  return entry;
}

}  // namespace fn::layer
