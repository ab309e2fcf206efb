// SPDX-License-Identifier: Apache-2.0
#include "link/search.hpp"

#include "base/error.hpp"
#include "link/machine.hpp"
#include "link/paths.hpp"

#include <algorithm>
#include <elf.h>

namespace fn::link {

struct Search::Query {
  const Loader& loader;
  std::string_view name;
  const Requester& by;

  const Requester& program() const {
    const Requester* first = &by;
    while (first->loaded_by) first = first->loaded_by;
    return *first;
  }
  Tokens tokens(const Requester& owner) const { return {owner.origin, loader.lib, loader.platform}; }
};

namespace {

bool has_default_directories(const elf::Facts& facts) {
  return (facts.dt_flags_1 & DF_1_NODEFLIB) == 0;
}

// DT_RPATH counts for nothing in an object that has DT_RUNPATH.
std::string_view rpath_of(const elf::Facts& facts) {
  return facts.has_runpath ? std::string_view() : std::string_view(facts.rpath);
}

}  // namespace

std::vector<std::string> x86_64_hwcaps(int level) {
  std::vector<std::string> folders;
  for (int n = std::min(level, 4); n > 1; --n) folders.push_back("x86-64-v" + std::to_string(n));
  return folders;
}

std::string_view rule_name(Rule rule) {
  switch (rule) {
    case Rule::start:
      return "start";
    case Rule::loader:
      return "loader";
    case Rule::path:
      return "path";
    case Rule::rpath:
      return "rpath";
    case Rule::library_path:
      return "library path";
    case Rule::runpath:
      return "runpath";
    case Rule::cache:
      return "cache";
    case Rule::default_directory:
      return "default directory";
  }
  return "";
}

Search::Search(const Root& root, Options options) : root_(root), options_(std::move(options)) {}

std::optional<Found> Search::find(const Loader& loader, std::string_view name, const Requester& by) {
  if (name.empty()) return std::nullopt;
  const Query query{loader, name, by};
  return loader.kind == Loader::Kind::musl ? find_musl(query) : find_glibc(query);
}

std::optional<Found> Search::find_glibc(const Query& query) {
  // A token may stand for a path with slashes.
  const std::string name = expanded(query.name, query.tokens(query.by));
  const Query whole{query.loader, name, query.by};
  if (name.find('/') != name.npos) return by_slash(whole);
  const elf::Facts& facts = *query.by.facts;
  if (!facts.has_runpath) {
    if (auto found = by_rpath(whole)) return found;
  }
  if (auto found = in_list(whole, query.program(), options_.library_path, Rule::library_path)) return found;
  if (facts.has_runpath) {
    if (auto found = in_list(whole, query.by, facts.runpath, Rule::runpath)) return found;
  }
  if (auto found = by_cache(whole)) return found;
  return has_default_directories(facts) ? by_default(whole) : std::nullopt;
}

std::optional<Found> Search::find_musl(const Query& query) {
  if (query.name.find('/') != query.name.npos) return by_slash(query);
  if (auto found = in_list(query, query.program(), options_.library_path, Rule::library_path)) return found;
  for (const Requester* owner = &query.by; owner; owner = owner->loaded_by) {
    const elf::Facts& facts = *owner->facts;
    const std::string& list = facts.has_runpath ? facts.runpath : facts.rpath;
    const Rule rule = facts.has_runpath ? Rule::runpath : Rule::rpath;
    if (auto found = in_list(query, *owner, list, rule)) return found;
  }
  return by_default(query);
}

std::optional<Found> Search::by_slash(const Query& query) {
  return taken(query, absolute(std::string(query.name)), Rule::path);
}

std::optional<Found> Search::by_rpath(const Query& query) {
  for (const Requester* owner = &query.by; owner; owner = owner->loaded_by) {
    if (auto found = in_list(query, *owner, rpath_of(*owner->facts), Rule::rpath)) return found;
  }
  return std::nullopt;
}

std::optional<Found> Search::by_cache(const Query& query) {
  const elf::Facts& facts = *query.program().facts;
  const Cache::Order order = facts.is_big_endian ? Cache::Order::big : Cache::Order::little;
  const auto path = cache(order).find(query.name, cache_flags(facts), options_.hwcaps);
  if (!path) return std::nullopt;
  if (!has_default_directories(*query.by.facts)) {
    for (const std::string& directory : query.loader.directories)
      if (path->starts_with(joined(directory, ""))) return std::nullopt;
  }
  return taken(query, std::string(*path), Rule::cache);
}

std::optional<Found> Search::by_default(const Query& query) {
  // One answer for all programs of a loader and a machine.
  const elf::Facts& facts = *query.program().facts;
  std::string key = query.loader.path;
  key.append(1, '\0').append(query.name).append(1, '\0');
  key += std::to_string(facts.machine) + '.' + std::to_string(facts.word_bits) + '.' + std::to_string(facts.flags);
  const auto known = defaults_.find(key);
  if (known != defaults_.end()) return known->second;
  std::optional<Found> found;
  for (const std::string& directory : query.loader.directories)
    if ((found = in_directory(query, absolute(directory), Rule::default_directory))) break;
  defaults_.emplace(std::move(key), found);
  return found;
}

std::optional<Found> Search::in_list(const Query& query, const Requester& owner, std::string_view list, Rule rule) {
  const bool is_environment = rule == Rule::library_path;
  std::vector<std::string> parts;
  if (query.loader.kind == Loader::Kind::glibc) {
    parts = split_paths(list, is_environment ? ":;" : ":");
    for (std::string& part : parts) part = expanded(part, query.tokens(owner));
  } else {
    // musl knows $ORIGIN alone, not in the environment, and drops a list that has another token.
    const std::string whole = is_environment ? std::string(list) : expanded(list, {owner.origin, "$", "$"});
    if (!is_environment && whole.find('$') != whole.npos) return std::nullopt;
    parts = split_paths(whole, ":\n");
    std::erase(parts, "");
  }
  for (std::string& part : parts)
    if (auto found = in_directory(query, absolute(part), rule)) return found;
  return std::nullopt;
}

std::optional<Found> Search::in_directory(const Query& query, const std::string& directory, Rule rule) {
  if (!is_directory(directory)) return std::nullopt;
  if (query.loader.kind == Loader::Kind::glibc) {
    for (const std::string& folder : options_.hwcaps) {
      const std::string better = joined(directory, "glibc-hwcaps/" + folder);
      if (!is_directory(better)) continue;
      if (auto found = taken(query, joined(better, query.name), rule)) return found;
    }
  }
  return taken(query, joined(directory, query.name), rule);
}

std::optional<Found> Search::taken(const Query& query, std::string path, Rule rule) {
  const std::optional<File>& there = file(path);
  if (!there) return std::nullopt;
  // glibc closes a file of another class or machine and goes on; musl takes the first that opens.
  const bool goes_on =
      query.loader.kind == Loader::Kind::glibc && there->facts && !same_machine(*there->facts, *query.program().facts);
  if (goes_on) return std::nullopt;
  return Found{*there, rule, std::move(path)};
}

std::string Search::absolute(const std::string& path) const {
  return path.starts_with('/') ? path : joined(options_.working_directory, path);
}

const std::optional<File>& Search::file(const std::string& path) {
  const auto known = files_.find(path);
  if (known != files_.end()) return known->second;
  return files_.emplace(path, root_.file(path)).first->second;
}

bool Search::is_directory(const std::string& path) {
  const auto known = directories_.find(path);
  if (known != directories_.end()) return known->second;
  return directories_.emplace(path, root_.is_directory(path)).first->second;
}

const Cache& Search::cache(Cache::Order order) {
  const auto known = caches_.find(order);
  if (known != caches_.end()) return known->second;
  constexpr std::string_view path = "/etc/ld.so.cache";
  Cache read;
  if (const auto bytes = root_.content(path))
    read = while_doing([&] { return path; }, [&] { return Cache::read(*bytes, order); });
  return caches_.emplace(order, std::move(read)).first->second;
}

}  // namespace fn::link
