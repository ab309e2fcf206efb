// SPDX-License-Identifier: Apache-2.0
#include "cli/verb_names.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::cli {
namespace {

// The two words of a name; `group` is empty if it has one.
struct Parts {
  std::string_view group;
  std::string_view word;
};

Parts parts_of(std::string_view name) {
  const std::size_t blank = name.find(' ');
  if (blank == name.npos) return {{}, name};
  return {name.substr(0, blank), name.substr(blank + 1)};
}

}  // namespace

std::vector<VerbWord> verb_words(const std::vector<Verb>& verbs, std::string_view group) {
  std::vector<VerbWord> words;
  const auto found = [&](std::string_view word) {
    return std::find_if(words.begin(), words.end(), [&](const VerbWord& each) { return each.word == word; });
  };
  for (const Verb& verb : verbs) {
    const auto [its_group, word] = parts_of(verb.name);
    if (its_group == group) {
      words.push_back({std::string(word), std::string(verb.summary)});
    } else if (group.empty()) {
      const auto known = found(its_group);
      if (known == words.end())
        words.push_back({std::string(its_group), std::string(word)});
      else
        known->meaning += fmt::format(", {}", word);
    }
  }
  return words;
}

std::vector<std::string> verb_groups(const std::vector<Verb>& verbs) {
  std::vector<std::string> groups;
  for (const Verb& verb : verbs) {
    const std::string_view group = parts_of(verb.name).group;
    if (!group.empty() && std::find(groups.begin(), groups.end(), group) == groups.end()) groups.emplace_back(group);
  }
  return groups;
}

std::string name_in_one_word(std::string_view verb, char separator) {
  std::string name(verb);
  std::replace(name.begin(), name.end(), ' ', separator);
  return name;
}

}  // namespace fn::cli
