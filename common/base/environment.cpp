// SPDX-License-Identifier: Apache-2.0
#include "base/environment.hpp"

#include <algorithm>

namespace fn::environment {
namespace {

template <typename List>
auto find(List& list, std::string_view name) {
  return std::find_if(list.begin(), list.end(), [&](const std::string& each) {
    return each.size() > name.size() && each[name.size()] == '=' && each.starts_with(name);
  });
}

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

}  // namespace

std::optional<std::string_view> get(const std::vector<std::string>& list, std::string_view name) {
  const auto found = find(list, name);
  if (found == list.end()) return std::nullopt;
  return std::string_view(*found).substr(name.size() + 1);
}

void set(std::vector<std::string>& list, const std::string& variable) {
  const auto found = find(list, name_of(variable));
  if (found == list.end())
    list.push_back(variable);
  else
    *found = variable;
}

void set_if_missing(std::vector<std::string>& list, const std::string& variable) {
  if (find(list, name_of(variable)) == list.end()) list.push_back(variable);
}

}  // namespace fn::environment
