// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/definition.hpp"

#include <string>
#include <string_view>

namespace fn::cli {

enum class Scope {
  all,          // flags may stand anywhere before "--"
  before_verb,  // everything after the first word that is no flag is left over as it is
};

// Reads the flags of `definition` in `words` and stores their values, in the order of the definition. What is left
// over, in its order: positional arguments, "--", and flags that the definition doesn't know. Throws usage for a
// missing or bad value.
Words take_flags(const Command::Definition& definition, const Words& words, Scope scope);

// Throws usage, with did-you-mean, for the first flag among what take_flags() left over. `otherwise` is the hint if
// nothing is near.
void refuse_flags(const Command::Definition& definition, const Words& left_over, std::string_view otherwise);

// Throws usage, with a hint to "--", for the first flag that stands behind the first word of a command, but not behind
// "--": whose it is would be a guess. Nothing to refuse if the definition has no command. `words` are the verb's, flags
// and all.
void refuse_flags_of_command(const Command::Definition& definition, const Words& words);

// Stores what take_flags() left over in the positional arguments. Throws usage if one is missing or there are too many;
// `usage` is the hint then.
void take_positionals(const Command::Definition& definition, const Words& left_over, const std::string& usage);

}  // namespace fn::cli
