// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"

#include <memory>
#include <string>

namespace fn::img {

// An archive as a plain tar stream. Tar files, also with gzip or zstd, go through our own decoders; anything else, and
// what comes through a pipe, through the helper program fn-archive. "-" is stdin. Throws not_found, usage (a directory,
// a terminal), and while reading integrity.
std::unique_ptr<layer::ByteSource> open_archive(const std::string& path);

// A regular file is one: its name ends like an archive's (.zip, .tar.xz), or it is a tar file, compressed or not. A zip
// of another name is a program as a rule (.jar, .pyz, and executables with data behind them). Throws failure.
bool is_archive(const std::string& path);

}  // namespace fn::img
