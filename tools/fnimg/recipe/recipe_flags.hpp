// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "recipe/recipe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::img {

// What a recipe says, as flags. They win over a file's, layer by layer: the first --layer NAME=SOURCE replaces the
// sources that the file gives NAME, further ones add to it.
struct RecipeFlags {
  using List = std::vector<std::string>;
  List layers, intos, follows, removes;
  std::optional<std::string> from;
  List entrypoint, cmd, env;
  std::optional<std::string> workdir, user, stop_signal, author;
  List ports, volumes, labels, annotations;
  std::optional<std::string> platform, compression;
  List include, exclude;
  std::optional<std::string> owner, times, bytecode;
  List times_of_layers;
  bool accounts = false;

  void declare(cli::Command& command);

  // None of them says what the image is made of.
  bool names_no_files() const { return layers.empty() && !from; }

  // --follow is left to the caller: it may name a layer of the base. Throws usage.
  void apply_to(Recipe& recipe) const;
};

}  // namespace fn::img
