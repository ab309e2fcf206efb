// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tar_block.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// The raw headers of one entry of a tar: what means nothing to a layer, but determines its bytes.
struct RawHeaders {
  struct Extended {
    TarBlock block{};
    std::string content;  // without padding
  };
  std::vector<Extended> before;  // PAX ('x', 'g') and GNU ('L', 'K') headers in front of the entry's own
  TarBlock block{};              // the entry's own
};

// "v7", "ustar", "gnu" (by its magic, or by long names), "pax" (an extended header in front).
std::string_view format_name(const RawHeaders& headers);

// The records of the PAX headers in front; the last one for each key.
std::map<std::string, std::string> pax_records(const RawHeaders& headers);

// A field's bytes up to the first NUL.
std::string field_text(const TarBlock& block, TarField field);

// Names of owner and group, "" for none: from PAX, else from the header. No reader of layers uses them.
std::string owner_name(const RawHeaders& headers);
std::string group_name(const RawHeaders& headers);

}  // namespace fn::layer
