// SPDX-License-Identifier: Apache-2.0
#include "layer/entry.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::layer {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::file:
      return "file";
    case Type::directory:
      return "directory";
    case Type::symlink:
      return "symlink";
    case Type::hardlink:
      return "hardlink";
    case Type::char_device:
      return "char_device";
    case Type::block_device:
      return "block_device";
    case Type::fifo:
      return "fifo";
  }
  return "unknown";
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

void fail_link(const Entry& link, std::string_view why) {
  fail(Kind::integrity, "'{}': a hard link to '{}', which is {}", printable(link.path), printable(link.link), why);
}

}  // namespace fn::layer
