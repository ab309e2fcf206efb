// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/facts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn::link {

// A regular file of an image, as a path leads to it.
struct File {
  std::string path;                   // absolute, all links followed
  std::uint64_t inode = 0;            // the same for hard links of one file, and for no other
  const elf::Facts* facts = nullptr;  // null: not an ELF file. Lives as long as the Root
};

// The tree of an image as its loader sees it. Paths are absolute; links and ".." are followed inside the image. What a
// Root says stays the same while a Resolver uses it.
class Root {
 public:
  virtual ~Root() = default;

  virtual std::optional<File> file(std::string_view path) const = 0;  // nothing: no regular file
  virtual bool is_directory(std::string_view path) const = 0;
  // All of a small file, for what configures loaders: /etc/ld.so.cache, /etc/ld-musl-*.path.
  virtual std::optional<std::string> content(std::string_view path) const = 0;
};

}  // namespace fn::link
