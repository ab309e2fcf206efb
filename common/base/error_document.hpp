// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "base/json.hpp"

namespace fn {

// As it is said to scripts: {"error":{"kind","message","hint","exit"}}, and "reason" if it has one.
Json error_document(const Error& error, int exit);

}  // namespace fn
