// SPDX-License-Identifier: Apache-2.0
// Who loads a plug-in stands nowhere. But a symbol that it leaves open had to come from somewhere: the programs and
// libraries of the old image that define it are its possible hosts, and in the new image one of them, with what it
// loads, has to give it again. Where all of them are gone (python3.11 became python3.12), any object may.
#include "compat/plug_ins.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace fn::img {
namespace {

using Names = std::unordered_set<std::string_view>;

// The objects of an image that define some names.
class Givers {
 public:
  Givers(CheckedImage& image, const Names& names) : image_(image) {
    for (const auto& [path, facts] : image.facts().objects) {
      for (const elf::Symbol& symbol : facts.symbols) {
        if (!symbol.is_defined || !names.contains(symbol.name)) continue;
        std::vector<const std::string*>& paths = by_name_[symbol.name];
        if (paths.empty() || paths.back() != &path) paths.push_back(&path);
      }
    }
  }

  // Those whose definition ends the lookup of what a plug-in leaves open.
  std::vector<std::string> of(const OpenSymbol& open) {
    std::vector<std::string> givers;
    const auto paths = by_name_.find(open.reference.name);
    if (paths == by_name_.end()) return givers;
    for (const std::string* path : paths->second) {
      if (*path == open.path) continue;
      const auto file = image_.root().file('/' + *path);
      if (!file || !file->facts) continue;
      link::Closure alone;
      alone.kind = open.kind;
      alone.objects.push_back({*file, file->path, link::Rule::start, 0, {}});
      if (image_.resolver().provider(alone, open.reference)) givers.push_back(*path);
    }
    return givers;
  }

  // An object of this image, with all that it loads.
  bool gives(const std::string& path, const OpenSymbol& open) {
    const auto [closure, is_new] = closures_.try_emplace(path);
    if (is_new) closure->second = image_.resolver().closure('/' + path);
    return image_.resolver().provider(closure->second, open.reference).has_value();
  }

 private:
  CheckedImage& image_;
  std::unordered_map<std::string_view, std::vector<const std::string*>> by_name_;
  std::unordered_map<std::string, link::Closure> closures_;
};

bool is_same(const link::Reference& a, const link::Reference& b) {
  return a.name == b.name && a.version == b.version;
}

bool has_reference(CheckedImage& image, const std::string& path, const OpenSymbol& open) {
  const auto file = image.root().file('/' + path);
  if (!file || !file->facts) return false;
  const std::vector<link::Reference>& all = image.resolver().references(*file);
  return std::any_of(all.begin(), all.end(),
                     [&](const link::Reference& each) { return is_same(each, open.reference); });
}

class PlugIns {
 public:
  PlugIns(CheckedImage& before, const Linking& was, CheckedImage& after, const Names& names)
      : before_(before), was_(was), after_(after), old_givers_(before, names), new_givers_(after, names) {
    for (const OpenSymbol& open : was.open)
      was_open_.insert(open.path + '\0' + symbol_text(open.reference.name, open.reference.version));
  }

  // What is wrong with it, or nothing.
  std::optional<Finding> judge(const OpenSymbol& open) {
    const std::string old_path = counterpart(before_, after_, open.path);
    if (old_path.empty() || !has_reference(before_, old_path, open)) {
      if (!new_givers_.of(open).empty()) return std::nullopt;
      Finding found = finding(open, "nothing in the image has it");
      if (old_path.empty()) found.severity = Severity::notice;
      return found;
    }
    const std::string key = old_path + '\0' + symbol_text(open.reference.name, open.reference.version);
    const bool came_from_outside = was_open_.contains(key) || was_.loaded.contains(old_path);
    if (!came_from_outside) return finding(open, "a library that it needs has lost it");
    const std::vector<std::string> hosts = old_givers_.of(open);
    if (hosts.empty()) return std::nullopt;
    bool some_stayed = false;
    for (const std::string& host : hosts) {
      if (!after_.facts().objects.contains(host)) continue;
      some_stayed = true;
      if (new_givers_.gives(host, open)) return std::nullopt;
    }
    if (!some_stayed && !new_givers_.of(open).empty()) return std::nullopt;
    return finding(open, fmt::format("in {} {} gave it", before_.name(), hosts.front()));
  }

 private:
  Finding finding(const OpenSymbol& open, std::string hint) const {
    return {.rule = "symbols.plug_in",
            .severity = Severity::fails_when_used,
            .path = open.path,
            .needs = symbol_text(open.reference.name, open.reference.version),
            .layer = after_.layer_of(open.path),
            .since = {},
            .hint = std::move(hint)};
  }

  CheckedImage& before_;
  const Linking& was_;
  CheckedImage& after_;
  Givers old_givers_;
  Givers new_givers_;
  std::unordered_set<std::string> was_open_;
};

}  // namespace

void check_plug_ins(CheckedImage& before, const Linking& was, CheckedImage& after, const Linking& is,
                    Findings& findings) {
  if (is.open.empty()) return;
  Names names;
  for (const OpenSymbol& open : is.open) names.insert(open.reference.name);
  PlugIns plug_ins(before, was, after, names);
  for (const OpenSymbol& open : is.open)
    if (auto found = plug_ins.judge(open)) findings.add(std::move(*found));
}

}  // namespace fn::img
