// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/record.hpp"

namespace fn::run {

// An instance as the documents of `ps`, `stop`, `pause` and `resume` show it (fn-json(5)).
Json json_of(const instance::Record& record);

}  // namespace fn::run
