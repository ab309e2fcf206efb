// SPDX-License-Identifier: Apache-2.0
#include "recipe/recipe_check.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/image_files.hpp"
#include "image/image_path.hpp"
#include "image/path_lookup.hpp"
#include "layer/whiteout.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fn::img {
namespace {

struct Directory {
  std::string_view path;
  std::uint32_t mode;
};

// Directories that programs of every user rely on (FHS 3.0, and hier(7)), sorted, with the rights that they have.
constexpr std::array well_known{
    Directory{"bin", 0755},       Directory{"dev/shm", 01777}, Directory{"etc", 0755},
    Directory{"home", 0755},      Directory{"lib", 0755},      Directory{"lib64", 0755},
    Directory{"opt", 0755},       Directory{"run", 0755},      Directory{"run/lock", 01777},
    Directory{"sbin", 0755},      Directory{"srv", 0755},      Directory{"tmp", 01777},
    Directory{"usr", 0755},       Directory{"usr/bin", 0755},  Directory{"usr/lib", 0755},
    Directory{"usr/local", 0755}, Directory{"usr/sbin", 0755}, Directory{"usr/share", 0755},
    Directory{"var", 0755},       Directory{"var/lib", 0755},  Directory{"var/tmp", 01777},
};

const layer::Item* find_item(std::span<const layer::Item> items, std::string_view path) {
  const auto found = std::lower_bound(items.begin(), items.end(), path,
                                      [](const layer::Item& item, std::string_view p) { return item.entry.path < p; });
  return found != items.end() && found->entry.path == path ? &*found : nullptr;
}

std::string joined(std::string_view directory, std::string_view name) {
  return fmt::format("{}/{}", directory, name);
}

// Where a runtime looks for the program, as execvp(3) does.
std::vector<std::string> places_of(const std::string& program, const oci::Config& config) {
  if (program.starts_with('/')) return {program};
  if (program.find('/') != std::string::npos) return {joined(config.working_dir, program)};
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& variable : config.env)
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  std::vector<std::string> places;
  for (const std::string& directory : split(path, ':'))
    places.push_back(joined(directory.empty() ? config.working_dir : directory, program));
  return places;
}

// The program that the recipe names; "" if it names none, and what starts is the base's matter.
std::string program_of(const ConfigRecipe& config) {
  return config.entrypoint && !config.entrypoint->empty() ? config.entrypoint->front() : "";
}

// What places_of() gives, as the config will have it.
std::vector<std::string> places_of(const BuildPlan& plan) {
  const std::string program = program_of(plan.config);
  if (program.empty()) return {};
  oci::Config config = plan.base ? plan.base->config : oci::Config();
  plan.config.apply_to(config);
  return places_of(program, config);
}

// Its mode may be meant to be set by a rule, and a link may lead to one.
bool may_be_program(const layer::Item& item) {
  const layer::Type type = item.entry.type;
  return type == layer::Type::file || type == layer::Type::symlink || type == layer::Type::hardlink;
}

// "--into code=/app", if that would bring a file of the layer to where the entrypoint is looked for.
std::string advice_for(const std::string& layer, const std::string& path, std::span<const layer::Item> items) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (const layer::Item* item = find_item(items, path.substr(slash + 1)); item && may_be_program(*item))
      return fmt::format("; '--into {}=/{}' would put '{}' there", printable(layer), printable(path.substr(0, slash)),
                         printable(path.substr(slash + 1)));
  return {};
}

// A layer that has all directories of its files, and the targets of its hard links, fits on any other. Here they may be
// a file of a layer below, or missing.
bool leans_on_others(std::span<const layer::Item> items) {
  std::string_view last = {};  // that is there: items come in the order of their paths
  const auto has_directory = [&](std::string_view path) {
    if (path.empty() || path == last) return true;
    const layer::Item* item = find_item(items, path);
    if (!item || item->entry.type != layer::Type::directory) return false;
    last = path;
    return true;
  };
  return std::any_of(items.begin(), items.end(), [&](const layer::Item& item) {
    if (layer::is_whiteout(item.entry.path)) return false;
    return !has_directory(layer::parent_path(item.entry.path)) ||
           (item.entry.type == layer::Type::hardlink && !find_item(items, item.entry.link));
  });
}

}  // namespace

RecipeCheck::RecipeCheck(const BuildPlan& plan) : plan_(plan), uses_(plan.layers.size()), made_(plan.layers.size()) {
  // A layer that is taken over was made for others than it now has below.
  for (std::size_t n = 0; n < made_.size(); ++n)
    if (plan.layers[n].is_reused())
      made_[n].leans_on_others = plan.base || n > 0 || plan.layers[n].sources.front().layer != 0U;
}

void RecipeCheck::look_at(std::size_t layer, std::span<const layer::Item> items) {
  Made& made = made_[layer];
  made.is_empty = items.empty();
  made.leans_on_others = leans_on_others(items);
  for (const Directory& directory : well_known)
    if (const layer::Item* item = find_item(items, directory.path);
        item && item->entry.type == layer::Type::directory && (directory.mode & ~item->entry.mode) != 0)
      made.narrow.push_back({item->entry.path, item->entry.mode});
  for (const std::string& place : places_of(plan_)) {
    if (place.find("..") != std::string::npos) continue;
    const std::string path = image_path(place);
    if (const layer::Item* item = find_item(items, path); item && may_be_program(*item)) has_entrypoint_ = true;
    if (advice_.empty() && plan_.layers[layer].recipe.selection.into.empty())
      advice_ = advice_for(plan_.layers[layer].recipe.name, path, items);
  }
}

// --include and --exclude go to all layers of --layer: one of them is enough.
bool RecipeCheck::matches_by_flag(const layer::Pattern& pattern) const {
  const auto matches = [&](const std::vector<layer::Pattern>& patterns, const std::vector<bool>& used) {
    for (std::size_t i = 0; i < used.size(); ++i)
      if (used[i] && patterns[i].text() == pattern.text()) return true;
    return false;
  };
  for (std::size_t n = 0; n < uses_.size(); ++n) {
    const LayerRecipe& recipe = plan_.layers[n].recipe;
    if (recipe.by_flags &&
        (matches(recipe.selection.include, uses_[n].include) || matches(recipe.selection.exclude, uses_[n].exclude)))
      return true;
  }
  return false;
}

void RecipeCheck::note_patterns(const cli::Context& context) const {
  for (std::size_t n = 0; n < uses_.size(); ++n) {
    const LayerRecipe& recipe = plan_.layers[n].recipe;
    const auto note = [&](std::string_view what, const layer::Pattern& pattern) {
      context.note(fmt::format("layer '{}': {} '{}' matches nothing in its sources", printable(recipe.name), what,
                               printable(pattern.text())));
    };
    const auto note_unused = [&](std::string_view what, const std::vector<layer::Pattern>& patterns,
                                 const std::vector<bool>& used) {
      for (std::size_t i = 0; i < used.size(); ++i)
        if (!used[i] && !(recipe.by_flags && matches_by_flag(patterns[i]))) note(what, patterns[i]);
    };
    note_unused("include", recipe.selection.include, uses_[n].include);
    note_unused("exclude", recipe.selection.exclude, uses_[n].exclude);
    for (std::size_t i = 0; i < uses_[n].rules.size(); ++i)
      if (!uses_[n].rules[i]) note("rule", recipe.selection.rules[i].match);
    if (made_[n].is_empty) context.note(fmt::format("layer '{}' has no files", printable(recipe.name)));
  }
}

void RecipeCheck::look_at_stack(const oci::Image& image, state::Store& store, const cli::Context& context) const {
  const Limits limits;
  FileReader reader(&store, context, limits);
  layer::Tree tree;
  std::vector<LayerFiles> read;  // the tree borrows their contents
  read.reserve(image.manifest.layers.size());
  const std::size_t below = plan_.base ? plan_.base->manifest.layers.size() : 0;
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
    if (n >= below && n - below < plan_.layers.size()) {
      const LayerRecipe& recipe = plan_.layers[n - below].recipe;
      for (const std::string& path : recipe.remove)
        if (!find_path_if_there(tree, path, Follow::parents))
          context.note(fmt::format("layer '{}': it deletes '{}', which no layer below has", printable(recipe.name),
                                   printable(path)));
      for (const Narrow& narrow : made_[n - below].narrow)
        if (const layer::Node* lower = tree.find(narrow.path); lower && (lower->entry.mode & ~narrow.mode) != 0)
          context.note(fmt::format("layer '{}': its '{}' has mode {:04o}, and {:04o} below; a [[layer.rule]] sets it",
                                   printable(recipe.name), narrow.path, narrow.mode, lower->entry.mode));
    }
    read.push_back(reader.read_layer(store.layout(), image.manifest.layers[n], image.config.diff_ids[n]));
    while_doing([&] { return fmt::format("layer '{}'", layer_label(image.manifest.layers[n])); },
                [&] { tree.add_layer(read.back().files); });
  }
  const std::vector<std::string> places = places_of(plan_);
  if (!places.empty() && std::none_of(places.begin(), places.end(), [&](const std::string& place) {
        const auto found = find_path_if_there(tree, place, Follow::parents);
        return found && !found->is_directory();
      }))
    context.note(fmt::format("no layer has the entrypoint '{}'{}", printable(program_of(plan_.config)), advice_));
}

void RecipeCheck::report(const oci::Image& image, state::Store& store, const cli::Context& context) const {
  note_patterns(context);
  bool asks = !program_of(plan_.config).empty() && !has_entrypoint_;
  for (std::size_t n = 0; n < plan_.layers.size(); ++n)
    asks = asks || made_[n].leans_on_others || !made_[n].narrow.empty() || !plan_.layers[n].recipe.remove.empty();
  if (asks) look_at_stack(image, store, context);
}

}  // namespace fn::img
