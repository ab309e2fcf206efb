// SPDX-License-Identifier: Apache-2.0
#include "state/names.hpp"

#include "state/store.hpp"

namespace fn::state {
namespace {

template <typename Add>
std::vector<std::string> collect(const std::string& home, const Add& add) noexcept {
  std::vector<std::string> names;
  try {
    if (auto store = Store::open_if_exists(home, std::chrono::milliseconds(50))) add(*store, names);
  } catch (const std::exception&) {
    // Whoever presses the tab key is in the middle of a line: there is no place for a message.
    names.clear();
  }
  return names;
}

}  // namespace

std::vector<std::string> reference_names(const std::string& home) noexcept {
  return collect(home, [](const Store& store, std::vector<std::string>& names) {
    for (const ImageRow& image : store.images()) names.push_back(image.reference);
  });
}

std::vector<std::string> channel_names(const std::string& home) noexcept {
  return collect(home, [](const Store& store, std::vector<std::string>& names) {
    for (const Channel& channel : store.channels().list()) names.push_back(channel.name);
  });
}

std::vector<std::string> function_names(const std::string& home) noexcept {
  return collect(home, [](Store& store, std::vector<std::string>& names) {
    for (const Function& function : store.functions().list()) names.push_back(function.name);
  });
}

}  // namespace fn::state
