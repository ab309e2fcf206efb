// SPDX-License-Identifier: Apache-2.0
#include "link/symbols.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace fn::link {
namespace {

constexpr std::uint16_t first_version = 2;  // 0 and 1: local and global, without a version

bool matches_version(const elf::Symbol& symbol, std::string_view its_version, const Reference& reference) {
  return its_version.empty() ? !symbol.is_hidden : its_version == reference.version;
}

// Without a version in the reference: glibc's do_lookup_x().
bool gives_default(std::span<const elf::Symbol> symbols) {
  int candidates = 0;
  for (const elf::Symbol& symbol : symbols) {
    if (!symbol.is_defined) continue;
    if (symbol.version <= first_version) return true;
    if (!symbol.is_hidden) ++candidates;
  }
  return candidates == 1;
}

}  // namespace

Reference::Reference(const elf::Symbol& symbol, std::string_view version_name, std::string_view version_file)
    : name(symbol.name),
      version(version_name),
      file(version_file),
      is_weak(symbol.is_weak),
      hash(std::hash<std::string_view>()(symbol.name)) {}

Symbols::Symbols(const elf::Facts& facts)
    : facts_(facts), has_version_table_(!facts.defined_versions.empty() || !facts.needed_versions.empty()) {
  index_versions();
  index_names();
  for (const elf::Symbol& symbol : facts.symbols) {
    if (symbol.is_defined) continue;
    const Named* its = symbol.version < first_version ? nullptr : version(symbol.version);
    references_.emplace_back(symbol, its ? its->name : "", its ? its->file : "");
  }
}

void Symbols::index_versions() {
  for (const elf::Version& version : facts_.defined_versions) {
    defined_.push_back(version.name);
    if (!version.is_base) versions_.push_back({version.index, version.name, {}});
  }
  for (const elf::VersionNeed& need : facts_.needed_versions)
    for (const elf::Version& version : need.versions) versions_.push_back({version.index, version.name, need.file});
  std::sort(defined_.begin(), defined_.end());
  // What is defined stays in front: the loader fills it in last.
  std::stable_sort(versions_.begin(), versions_.end(),
                   [](const Named& a, const Named& b) { return a.index < b.index; });
}

void Symbols::index_names() {
  const std::vector<elf::Symbol>& symbols = facts_.symbols;
  std::vector<std::uint64_t> hashes;
  std::vector<std::uint32_t> firsts;
  for (std::size_t first = 0, next = 0; first < symbols.size(); first = next) {
    next = first + run_at(first);
    const bool is_defined = std::any_of(symbols.begin() + static_cast<std::ptrdiff_t>(first),
                                        symbols.begin() + static_cast<std::ptrdiff_t>(next),
                                        [](const elf::Symbol& symbol) { return symbol.is_defined; });
    if (!is_defined) continue;
    hashes.push_back(std::hash<std::string_view>()(symbols[first].name));
    firsts.push_back(static_cast<std::uint32_t>(first));
  }
  const std::size_t buckets = std::bit_ceil(firsts.size() + 1);
  starts_.assign(buckets + 1, 0);
  for (const std::uint64_t hash : hashes) ++starts_[(hash & (buckets - 1)) + 1];
  for (std::size_t n = 1; n <= buckets; ++n) starts_[n] += starts_[n - 1];
  std::vector<std::uint32_t> next(starts_);
  slots_.resize(firsts.size());
  for (std::size_t n = 0; n < firsts.size(); ++n)
    slots_[next[hashes[n] & (buckets - 1)]++] = {static_cast<std::uint32_t>(hashes[n] >> 32), firsts[n]};
}

std::size_t Symbols::run_at(std::size_t first) const {
  std::size_t end = first + 1;
  while (end < facts_.symbols.size() && facts_.symbols[end].name == facts_.symbols[first].name) ++end;
  return end - first;
}

const Symbols::Named* Symbols::version(std::uint16_t index) const {
  const auto at = std::lower_bound(versions_.begin(), versions_.end(), index,
                                   [](const Named& a, std::uint16_t wanted) { return a.index < wanted; });
  return at != versions_.end() && at->index == index ? &*at : nullptr;
}

std::span<const elf::Symbol> Symbols::named(const Reference& reference) const {
  const std::size_t bucket = reference.hash & (starts_.size() - 2);
  const Slot* slot = slots_.data() + starts_[bucket];
  const Slot* const end = slots_.data() + starts_[bucket + 1];
  constexpr std::ptrdiff_t few = 16;
  if (end - slot > few) {
    slot = std::lower_bound(slot, end, reference.name, [&](const Slot& a, std::string_view wanted) {
      return facts_.symbols[a.first].name < wanted;
    });
  }
  for (; slot != end; ++slot) {
    if (slot->hash != reference.short_hash() || facts_.symbols[slot->first].name != reference.name) continue;
    return std::span(facts_.symbols).subspan(slot->first, run_at(slot->first));
  }
  return {};
}

bool Symbols::gives(const Reference& reference, Loader::Kind loader) const {
  const std::span<const elf::Symbol> symbols = named(reference);
  if (symbols.empty()) return false;
  if (loader == Loader::Kind::musl)
    return std::any_of(symbols.begin(), symbols.end(), [](const auto& s) { return s.is_defined && !s.is_hidden; });
  if (!has_version_table_) return true;
  if (reference.version.empty()) return gives_default(symbols);
  return std::any_of(symbols.begin(), symbols.end(), [&](const elf::Symbol& symbol) {
    const Named* its = version(symbol.version);
    return symbol.is_defined && matches_version(symbol, its ? its->name : "", reference);
  });
}

bool Symbols::defines_version(std::string_view name) const {
  return std::binary_search(defined_.begin(), defined_.end(), name);
}

}  // namespace fn::link
