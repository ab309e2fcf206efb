// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "diff/side.hpp"
#include "layer/diff.hpp"

#include <string>
#include <vector>

namespace fn::img {

// What makes one file of A that of B, or why there is nothing that does.
struct FilePatch {
  std::string path;
  std::string text;  // "" if it can't be shown
  std::string why;   // "binary", "too large"
};

// Patches in git's form (git-diff(1), "Generating patch text with -p"), which `patch -p1` (GNU, 2.7) and `git apply`
// take alike: texts, permissions, symbolic links, files that come and go, sorted by path. What a patch can't say has
// none: directories, devices, owners, attributes; nor is there one where either of the two would fail.
std::vector<FilePatch> make_patches(const Side& a, const Side& b, const std::vector<layer::Change>& changes,
                                    const Limits& limits);

}  // namespace fn::img
