// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "layer/decompress.hpp"
#include "layer/tar_reader.hpp"

namespace fn::img {

// Limits for foreign layers, set by flags: how far one may expand and how many entries it may have.
struct Limits {
  layer::ExpansionLimits expansion;
  layer::TarLimits tar;
};

// --max-bytes, --max-ratio and --max-entries, with their defaults.
void declare_limits(cli::Command& command, Limits& limits);

}  // namespace fn::img
