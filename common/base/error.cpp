// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include "base/text.hpp"

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

std::string error_text(std::string_view tool, std::string_view word, const Error& error) {
  std::string text = fmt::format("{}: {} {}\n", tool, word, one_safe_line(error.what()));
  if (!error.hint().empty()) text += fmt::format("  hint: {}\n", one_safe_line(error.hint()));
  return text;
}

}  // namespace fn
