// SPDX-License-Identifier: Apache-2.0
#include "image/image_path.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::img {

std::string image_path(std::string_view text) {
  std::string path;
  for (const std::string& part : split(text, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") fail(Kind::usage, "'{}' escapes the image with '..'", printable(text));
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

}  // namespace fn::img
