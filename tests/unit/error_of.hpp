// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <string>

namespace fn {

// What `body` throws, as "kind: what", with " (hint)" behind if there is one; "nothing" if it returns.
template <typename Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : " (" + error.hint() + ")";
    return fmt::format("{}: {}{}", kind_name(error.kind()), error.what(), hint);
  }
  return "nothing";
}

}  // namespace fn
