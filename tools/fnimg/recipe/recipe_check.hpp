// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "layer/item.hpp"
#include "layer/selection.hpp"
#include "oci/image.hpp"
#include "recipe/builder.hpp"
#include "state/store.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace fn::img {

// That the layers fit on each other, and notes about a recipe that does less, or something else, than it seems to say:
// patterns that match nothing, deletions of what is not there, layers without files, an entrypoint that is nowhere, a
// directory that an upper layer closes. Layers below are only read if what was just made leaves a question.
class RecipeCheck {
 public:
  explicit RecipeCheck(const BuildPlan& plan);

  // Where list() of that layer of the plan says what its patterns matched; each layer's may be written by any thread.
  layer::PatternUse& use(std::size_t layer) { return uses_[layer]; }
  // The files of a layer that was just made, sorted by path.
  void look_at(std::size_t layer, std::span<const layer::Item> items);
  // Says what there is to say. `image` is done: its last layers are the plan's. Throws integrity for a layer that
  // cannot be applied to those below it.
  void report(const oci::Image& image, state::Store& store, const cli::Context& context) const;

 private:
  // A directory that gives fewer rights than it should: lower layers may have given more.
  struct Narrow {
    std::string path;
    std::uint32_t mode;
  };
  struct Made {
    bool is_empty = false;
    bool leans_on_others = false;  // the layers below decide whether it can be applied
    std::vector<Narrow> narrow;
  };

  bool matches_by_flag(const layer::Pattern& pattern) const;
  void note_patterns(const cli::Context& context) const;
  void look_at_stack(const oci::Image& image, state::Store& store, const cli::Context& context) const;

  const BuildPlan& plan_;
  std::vector<layer::PatternUse> uses_;
  std::vector<Made> made_;
  bool has_entrypoint_ = false;  // in a layer that was made
  std::string advice_;           // how the entrypoint could be where it is looked for
};

}  // namespace fn::img
