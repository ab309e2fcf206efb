// SPDX-License-Identifier: Apache-2.0
// fnimg.toml: what is accepted has layers with names of their own and clean paths, and makes a config that reads again.
#include "recipe/recipe.hpp"

#include "fuzz.hpp"
#include "image/image_path.hpp"

#include <set>

using fn::img::Recipe;

namespace {

void check_path(const std::string& path) {
  fn::fuzz::require(fn::img::image_path(path) == path, "a path is not clean");
  fn::fuzz::require(('/' + path + '/').find("/../") == path.npos, "a path leads out");
}

}  // namespace

void fn::fuzz::run(std::string_view input) {
  const auto recipe = accepted([&] { return Recipe::parse(input, "fnimg.toml", "in/"); });
  if (!recipe) return;
  std::set<std::string> names;
  for (const img::LayerRecipe& layer : recipe->layers) {
    require(!layer.name.empty() && names.insert(layer.name).second, "a layer without a name of its own");
    for (const std::string& path : layer.remove) check_path(path);
    check_path(layer.selection.into);
  }
  oci::Config config;
  recipe->config.apply_to(config);
  const std::string form = config.dump();
  require(oci::Config::parse(form, "the config").dump() == form, "the config changes when it is read again");
}
