// SPDX-License-Identifier: Apache-2.0
#include "client/would_unpack.hpp"

#include "base/error.hpp"

namespace fn::run {

std::string would_unpack(std::size_t layers) {
  return fmt::format("would unpack {} {} first; what comes then depends on what is in them\n", layers,
                     layers == 1 ? "layer" : "layers");
}

}  // namespace fn::run
