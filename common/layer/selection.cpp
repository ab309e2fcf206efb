// SPDX-License-Identifier: Apache-2.0
// select() takes one source's items through three steps: what is left out goes, attributes are set, paths are moved
// into the image. Patterns are matched against paths of the source, so before they are moved. merge() lays the sources
// over each other in their order, as layers would lie, and sorts by path.
//
// Hard links need care in each step, since a tar can only link backwards, to a name that it has. If the first name of a
// file goes, the first link that stays becomes the file and the others link to it; if another name comes first in the
// order of paths, the two change roles. A link must never be left whose first name is not there.
#include "layer/selection.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

namespace fn::layer {
namespace {

// Some pattern matches the path or a directory above it. All that match are marked as used.
bool covered(const std::vector<Pattern>& patterns, const Entry& entry, std::vector<bool>& used) {
  bool found = false;
  for (std::size_t n = 0; n < patterns.size(); ++n) {
    bool is_directory = entry.type == Type::directory;
    for (std::string_view path = entry.path; !path.empty() && !(found && used[n]); path = parent_path(path)) {
      if (patterns[n].matches(path, is_directory)) found = used[n] = true;
      is_directory = true;
    }
  }
  return found;
}

// Decides which paths stay. Directories that only lead to something included stay too.
std::vector<bool> chosen(const std::vector<Item>& items, const Selection& selection, PatternUse& use) {
  std::vector<bool> keep(items.size());
  std::unordered_set<std::string_view> leading;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Entry& entry = items[i].entry;
    const bool included = selection.include.empty() || covered(selection.include, entry, use.include);
    keep[i] = !covered(selection.exclude, entry, use.exclude) && included;
    if (!keep[i] || selection.include.empty()) continue;
    leading.insert(std::string_view{});
    for (std::string_view above = parent_path(entry.path); !above.empty(); above = parent_path(above))
      leading.insert(above);
  }
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!keep[i] && items[i].entry.type == Type::directory && leading.contains(items[i].entry.path)) keep[i] = true;
  return keep;
}

// Links whose first name is gone: the first of them that stays becomes the file, the others link to it.
void adopt_links(std::vector<Item>& items, const std::vector<bool>& keep) {
  std::unordered_map<std::string, std::size_t> lost;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!keep[i] && items[i].entry.type != Type::hardlink) lost.emplace(items[i].entry.path, i);
  if (lost.empty()) return;
  std::unordered_map<std::string, std::string> heirs;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    if (!keep[i] || item.entry.type != Type::hardlink) continue;
    const auto first = lost.find(item.entry.link);
    if (first == lost.end()) continue;
    const auto [heir, is_new] = heirs.emplace(item.entry.link, item.entry.path);
    if (!is_new) {
      item.entry.link = heir->second;
      continue;
    }
    std::string path = std::move(item.entry.path);
    item = items[first->second];
    item.move_to(std::move(path));
  }
}

void drop(std::vector<Item>& items, const std::vector<bool>& keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!keep[i]) continue;
    if (kept != i) items[kept] = std::move(items[i]);
    ++kept;
  }
  items.resize(kept);
}

// In order of the path, the first name of a group of hard links need not be the file any more: the roles are dealt
// anew, since a tar can only link backwards.
void sort_by_path(std::vector<Item>& items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.entry.path < b.entry.path; });
  std::unordered_map<std::string, std::size_t> places;
  std::unordered_map<std::string, std::string> first_names;
  for (std::size_t i = 0; i < items.size(); ++i) {
    places.emplace(items[i].entry.path, i);
    if (items[i].entry.type == Type::hardlink) first_names.emplace(items[i].entry.link, items[i].entry.path);
  }
  for (const auto& [file, name] : first_names) {
    const auto place = places.find(file);
    if (place == places.end() || file < name) continue;
    Item& link = items[places.at(name)];
    std::swap(link, items[place->second]);
    link.move_to(name);
    items[place->second].entry.path = file;
  }
  for (Item& item : items)
    if (item.entry.type == Type::hardlink)
      if (const auto found = first_names.find(item.entry.link);
          found != first_names.end() && found->second < found->first)
        item.entry.link = found->second;
}

// As sort_by_path() leaves them; most sources are listed so, and a large one takes its time and memory to sort.
bool is_in_order(const std::vector<Item>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Entry& entry = items[i].entry;
    if (i > 0 && !(items[i - 1].entry.path < entry.path)) return false;
    if (entry.type == Type::hardlink && !(entry.link < entry.path)) return false;
  }
  return true;
}

// `lower` with `upper` over it: what it replaces goes, unless both are directories, with all that was below.
std::vector<Item> overlay(std::vector<Item> lower, std::vector<Item>& upper) {
  std::unordered_map<std::string_view, bool> above;  // path -> is a directory
  for (const Item& item : upper) above.emplace(item.entry.path, item.entry.type == Type::directory);
  std::unordered_set<std::string_view> implied;  // directories that upper has something below, but doesn't describe
  for (const Item& item : upper)
    for (std::string_view path = parent_path(item.entry.path); !path.empty(); path = parent_path(path))
      if (above.contains(path) || !implied.insert(path).second) break;
  std::vector<bool> keep(lower.size());
  for (std::size_t i = 0; i < lower.size(); ++i) {
    std::string_view path = lower[i].entry.path;
    const Type type = lower[i].entry.type;
    keep[i] = !above.contains(path) && (type == Type::directory || type == Type::symlink || !implied.contains(path));
    for (path = parent_path(path); keep[i] && !path.empty(); path = parent_path(path))
      if (const auto found = above.find(path); found != above.end() && !found->second) keep[i] = false;
  }
  adopt_links(lower, keep);
  drop(lower, keep);
  lower.insert(lower.end(), std::make_move_iterator(upper.begin()), std::make_move_iterator(upper.end()));
  return lower;
}

void set_time(Item& item, std::int64_t time) {
  if (!item.listed_mtime) item.listed_mtime = item.entry.mtime;
  item.entry.mtime = time;
  item.entry.mtime_ns = 0;
}

void set_attributes(Item& item, const Selection& selection, PatternUse& use) {
  Entry& entry = item.entry;
  if (selection.owner) {
    entry.uid = selection.owner->uid;
    entry.gid = selection.owner->gid;
  }
  if (selection.time) {
    set_time(item, *selection.time);
  } else if (selection.latest) {
    clamp_time(item, *selection.latest);
  }
  for (std::size_t n = 0; n < selection.rules.size(); ++n) {
    const Rule& rule = selection.rules[n];
    if (!rule.match.matches(entry.path, entry.type == Type::directory)) continue;
    use.rules[n] = true;
    if (rule.mode && entry.type != Type::symlink) entry.mode = *rule.mode;
    if (rule.owner) {
      entry.uid = rule.owner->uid;
      entry.gid = rule.owner->gid;
    }
  }
}

void move_into(Item& item, const std::string& into) {
  if (into.empty()) return;
  Entry& entry = item.entry;
  item.move_to(entry.path.empty() ? into : into + '/' + entry.path);
  if (entry.type == Type::hardlink) entry.link = into + '/' + entry.link;
}

}  // namespace

Owner parse_owner(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto uid = parse_uint(text.substr(0, colon));
  const auto gid = colon == std::string_view::npos ? uid : parse_uint(text.substr(colon + 1));
  if (!uid || !gid || *uid > UINT32_MAX - 1 || *gid > UINT32_MAX - 1)
    fail_hint(Kind::usage, "give numbers, such as 1000:1000; names have different numbers on different machines",
              "'{}' is not an owner", printable(text));
  return {*uid, *gid};
}

std::uint32_t parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  for (const char c : text) {
    mode = mode * 8 + std::uint32_t(c - '0');
    if (c < '0' || c > '7' || mode > 07777) break;
  }
  if (text.empty() || text.size() > 5 || mode > 07777 || text.find_first_not_of("01234567") != std::string_view::npos)
    fail_hint(Kind::usage, "give up to four octal digits, such as \"0755\"", "'{}' is not a mode", printable(text));
  return mode;
}

void clamp_time(Item& item, std::int64_t latest) {
  const Entry& entry = item.entry;
  if (entry.mtime > latest || (entry.mtime == latest && entry.mtime_ns != 0)) set_time(item, latest);
}

std::vector<Item> select(std::vector<Item> items, const Selection& selection, PatternUse* use) {
  PatternUse unasked;
  if (!use) use = &unasked;
  use->include.resize(selection.include.size());
  use->exclude.resize(selection.exclude.size());
  use->rules.resize(selection.rules.size());
  const std::vector<bool> keep = chosen(items, selection, *use);
  adopt_links(items, keep);
  drop(items, keep);
  for (Item& item : items) {
    set_attributes(item, selection, *use);
    move_into(item, selection.into);
  }
  return items;
}

std::vector<Item> merge(std::vector<std::vector<Item>> sources) {
  std::vector<Item> merged;
  for (std::vector<Item>& source : sources) {
    if (source.empty()) continue;
    merged = merged.empty() ? std::move(source) : overlay(std::move(merged), source);
    if (!is_in_order(merged)) sort_by_path(merged);
  }
  return merged;
}

}  // namespace fn::layer
