// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// Python uses a compiled file (.pyc) only while the time and size in its header are those of its source. A source whose
// time in the layer is another one (Item::listed_mtime) would make it stale, and be compiled again at each start.

// Makes the headers of compiled files agree with their sources' times in the layer: those in __pycache__, for any
// interpreter and optimisation, and those beside their source. Only files that were valid where they came from change,
// when they are read; those that go by a hash have no time. `items` are all of a layer. `matched` is told when the
// header of a file that is read is changed; from any thread, and it must outlive the items' origins.
void match_bytecode(std::vector<Item>& items, const std::function<void()>& matched);

// The source that a compiled file's path belongs to (importlib.util.source_from_cache); "" for any other path.
std::string bytecode_source(std::string_view path);

// Where the header of a compiled file has the time of its source, 32 bits, little-endian, if it is valid for a source
// with this time and size. PEP 552 since 3.7, PEP 3147 with the size since 3.3, and only the time before.
std::optional<std::size_t> bytecode_time(std::span<const std::byte> header, std::int64_t mtime, Bytes size);

}  // namespace fn::layer
