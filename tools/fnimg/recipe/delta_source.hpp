// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/selection.hpp"
#include "layer/stat_cache.hpp"
#include "layer/tree.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fn::img {

// The image that a source delta:DIR is compared with.
struct DeltaBase {
  const layer::Tree& files;
  std::string name;  // as the user wrote it
};

// How a layer's delta is made.
struct DeltaOptions {
  const layer::Selection& selection;  // of what differs; without `latest`, times are compared
  layer::PatternUse* use = nullptr;
  unsigned threads = 1;
  std::string state;  // the directory to leave out, as list_directory() has it
  std::shared_ptr<layer::StatCache> cache;
  const std::function<void(const std::string&)>& note;
};

// The selected differences between the base and the directory, whiteouts of what is gone among them, in no order.
// Throws what list_directory() throws, and usage if the directory has nothing of the image.
std::vector<layer::Item> list_delta(const std::string& directory, const DeltaBase& base, const DeltaOptions& options);

}  // namespace fn::img
