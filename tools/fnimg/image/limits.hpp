// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "layer/decompress.hpp"
#include "layer/tar_reader.hpp"

namespace fn::img {

// What a layer of somebody else's may cost us, set by flags: how far it may expand and how many entries it may have.
struct Limits {
  layer::ExpansionLimits expansion;
  layer::TarLimits tar;
};

// --max-bytes, --max-ratio and --max-entries, with what they are by default.
void declare_limits(cli::Command& command, Limits& limits);

}  // namespace fn::img
