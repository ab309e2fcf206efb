// SPDX-License-Identifier: Apache-2.0
#include "compat/linking.hpp"

#include <algorithm>
#include <elf.h>
#include <fmt/format.h>

namespace fn::img {
namespace {

bool is_lost(const link::Finding& found) {
  return found.problem == link::Problem::library_missing || found.problem == link::Problem::library_unusable;
}

// What the closure says of undefined symbols, without those that a finding on their library or version explains.
class Explained {
 public:
  explicit Explained(const link::Closure& closure) {
    for (const link::Finding& found : closure.findings) {
      if (is_lost(found)) libraries_.insert(found.library);
      if (found.problem == link::Problem::version_missing) versions_.emplace(found.library, found.version);
    }
  }
  bool by(const link::Finding& undefined) const {
    if (undefined.library.empty()) return !libraries_.empty();
    return libraries_.contains(undefined.library) || versions_.contains({undefined.library, undefined.version});
  }

 private:
  std::set<std::string_view> libraries_;
  std::set<std::pair<std::string_view, std::string_view>> versions_;
};

bool binds_at_once(const elf::Facts& facts) {
  return (facts.dt_flags & DF_BIND_NOW) != 0 || (facts.dt_flags_1 & DF_1_NOW) != 0;
}

Severity of_undefined(const Told& told, std::size_t object) {
  const auto& objects = told.closure.objects;
  const bool at_once = told.closure.kind == link::Loader::Kind::musl || binds_at_once(*objects[0].file.facts) ||
                       binds_at_once(*objects[object].file.facts);
  return told.is_program && at_once ? Severity::does_not_start : Severity::fails_when_used;
}

Finding of_version(const Told& told, const link::Finding& found) {
  const std::string path = told.path_of(found.object);
  Finding finding{
      .rule = "symbols.version",
      .severity = told.missing(),
      .path = path,
      .needs = fmt::format("{} of {}", found.version, found.library),
      .layer = told.image.layer_of(path),
      .since = {},
      .hint = fmt::format("take a {} that has {}, or build {} against this one", found.library, found.version, path)};
  if (found.problem == link::Problem::versions_missing && found.symbol.empty()) finding.severity = Severity::notice;
  return finding;
}

Finding of_symbol(const Told& told, const link::Finding& found) {
  const std::string path = told.path_of(found.object);
  return {.rule = "symbols.undefined",
          .severity = of_undefined(told, found.object),
          .path = path,
          .needs = symbol_text(found.symbol, found.version),
          .layer = told.image.layer_of(path),
          .since = {},
          .hint = found.library.empty() ? fmt::format("build {} against what it now loads", path)
                                        : fmt::format("take a {} that has it", found.library)};
}

void keep_open(const Told& told, const link::Finding& found, Linking& linking) {
  for (const link::Reference& reference : told.image.resolver().references(told.closure.objects[0].file))
    if (reference.name == found.symbol && reference.version == found.version && !reference.is_weak)
      linking.open.push_back({.path = told.path_of(0), .reference = reference, .kind = told.closure.kind});
}

}  // namespace

void check_symbols(const Told& told, Linking& linking) {
  const Explained explained(told.closure);
  for (const link::Finding& found : told.closure.findings) {
    if (!told.tells_of(found.object)) continue;
    switch (found.problem) {
      case link::Problem::version_missing:
      case link::Problem::versions_missing:
        linking.findings.add(of_version(told, found));
        break;
      case link::Problem::symbol_undefined:
        if (explained.by(found)) break;
        if (told.is_program)
          linking.findings.add(of_symbol(told, found));
        else
          keep_open(told, found, linking);
        break;
      default:
        break;  // loader.cpp
    }
  }
}

}  // namespace fn::img
