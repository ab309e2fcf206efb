// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "run/voice.hpp"

namespace fn::run {

// Of a verb, valid as long as its context.
inline Voice voice_of(const cli::Context& context) {
  return {.note = [&context](std::string_view text) { context.note(text); }, .verbose = context.verbose};
}

}  // namespace fn::run
