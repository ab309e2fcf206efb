// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/definition.hpp"

#include <string>
#include <string_view>

namespace fn::cli {

enum class Scope {
  all,          // flags may stand anywhere before "--"
  before_verb,  // everything from the first word that is not a flag is left over unchanged
};

// Reads the flags of `definition` in `words` and stores their values, in the order of the definition. Returns what is
// left over, in order: positional arguments, "--", and flags that the definition doesn't know. Throws usage for a
// missing or bad value.
Words take_flags(const Command::Definition& definition, const Words& words, Scope scope);

// Throws usage, with did-you-mean, for the first flag among what take_flags() left over. `otherwise` is the hint if
// nothing is close.
void refuse_flags(const Command::Definition& definition, const Words& left_over, std::string_view otherwise);

// Throws usage, with a hint to "--", for the first flag after the first word of a command but not after "--": it could
// belong to either. Does nothing if the definition has no command. `words` are all words of the verb, flags included.
void refuse_flags_of_command(const Command::Definition& definition, const Words& words);

// Stores what take_flags() left over in the positional arguments. Throws usage if one is missing or there are too many;
// `usage` is the hint in that case.
void take_positionals(const Command::Definition& definition, const Words& left_over, const std::string& usage);

}  // namespace fn::cli
