// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "image/image_files.hpp"
#include "layer/item.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// The layer that `--accounts` adds.
inline constexpr std::string_view accounts_layer = "accounts";

// What scripts of packages would have made when they were installed: etc/passwd and etc/group, which are Debian's own
// if the package base-passwd is there, and etc/os-release (os-release(5)). Only what the image lacks. `user` is the
// config's: an account of that name is added if it has none. `read` gives a file's content.
std::vector<layer::Item> missing_accounts(const ImageFiles& image, const std::string& user, UnixTime time,
                                          const std::function<std::string(const layer::Node&)>& read);

}  // namespace fn::img
