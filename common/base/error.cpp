// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

namespace fn {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::usage:
      return "usage";
    case Kind::failure:
      return "failure";
    case Kind::not_found:
      return "not_found";
    case Kind::busy:
      return "busy";
    case Kind::integrity:
      return "integrity";
    case Kind::unsupported:
      return "unsupported";
    case Kind::partial:
      return "partial";
    case Kind::internal:
      return "internal";
    case Kind::timeout:
      return "timeout";
  }
  return "internal";
}

}  // namespace fn
