// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fn::oci {

struct Platform {
  std::string os = "linux";
  std::string architecture = "amd64";  // GOARCH names
  std::string variant;                 // "v7"; empty for none

  static Platform host();
  // "linux/arm/v7", "arm64". Throws usage with the known names.
  static Platform parse(std::string_view text);
  std::string str() const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

}  // namespace fn::oci
