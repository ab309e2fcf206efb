// SPDX-License-Identifier: Apache-2.0
#include "image/limits.hpp"

namespace fn::img {

void declare_limits(cli::Command& command, Limits& limits) {
  command.bytes("--max-bytes", limits.expansion.max_bytes, "refuse a layer that expands to more (default 64GiB)")
      .option("--max-ratio", limits.expansion.max_ratio, {.name = "N"},
              "refuse a layer that expands to more than N times its size (default 32768)")
      .option("--max-entries", limits.tar.max_entries, {.name = "N"},
              "refuse a layer with more entries (default 10000000)");
}

}  // namespace fn::img
