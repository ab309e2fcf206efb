// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

// The name of a verb is one word, or two: a group and a verb of it ("function set").

// A word that may come next on a command line, and what it means: a verb's summary, or the verbs of a group.
struct VerbWord {
  std::string word;
  std::string meaning;
};

// The words that may follow `group`, or come first if it is empty: each word once, in the order of `verbs`.
std::vector<VerbWord> verb_words(const std::vector<Verb>& verbs, std::string_view group);

// The groups of `verbs`, in their order.
std::vector<std::string> verb_groups(const std::vector<Verb>& verbs);

// "function.set" of "function set": the name for places where a blank would split it.
std::string name_in_one_word(std::string_view verb, char separator);

}  // namespace fn::cli
