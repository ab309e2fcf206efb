// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "diff/file_patches.hpp"
#include "diff/image_diff.hpp"

#include <set>
#include <string>
#include <vector>

namespace fn::img {

// The sections that `--by` selects.
enum class Section { config, layer, package, file, chunk };
using Sections = std::set<Section>;
std::string_view section_name(Section section);

// A difference as `diff` shows it. The sides must outlive it.
struct DiffView {
  const Side& a;
  const Side& b;
  const ImageDiff& diff;
  const Sections& sections;
  const std::vector<FilePatch>& patches;
  bool all = false;  // list files that differ only in time, too
};

// Nothing differs in the requested sections.
bool is_equal(const DiffView& view);

// The members of the schema fnimg.diff/1 except "a", "b" and "budget".
void add_json(Json& document, const DiffView& view);
std::string diff_text(const DiffView& view, bool color);
std::string diff_markdown(const DiffView& view);

// "content, mode 0755 -> 0644": how a file in both sides differs. Foreign text in it is printable().
std::string change_text(const Side& a, const Side& b, const layer::Change& change);

}  // namespace fn::img
