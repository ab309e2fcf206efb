// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/json.hpp"
#include "layer/entry.hpp"

#include <string>

namespace fn::img {

// "drwxr-xr-x", as ls and tar show it.
std::string mode_string(const layer::Entry& entry);

// RFC 3339; "@SECONDS" for a time that RFC 3339 cannot express, which a tar may contain.
std::string time_text(UnixTime time);

bool is_device(const layer::Entry& entry);

// The path; "." for the root.
std::string entry_path(const layer::Entry& entry);

// The entry as `files` and `diff` print it: path, type, mode, uid, gid, size, mtime, and members specific to its type.
Json entry_json(const layer::Entry& entry);

}  // namespace fn::img
