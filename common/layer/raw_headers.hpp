// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tar_format.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// The headers of one entry of a tar as they stand: what has no meaning for a layer, but makes its bytes.
struct TarForm {
  struct Extended {
    TarBlock block{};
    std::string content;  // without padding
  };
  std::vector<Extended> before;  // PAX ('x', 'g') and GNU ('L', 'K') headers in front of the entry's own
  TarBlock block{};              // the entry's own
};

// "v7", "ustar", "gnu" (by its magic, or by long names), "pax" (an extended header in front).
std::string_view format_name(const TarForm& form);

// The records of the PAX headers in front; of several with one key the last.
std::map<std::string, std::string> pax_records(const TarForm& form);

// A field's bytes up to the first NUL.
std::string field_text(const TarBlock& block, TarField field);

// Names of owner and group, "" for none: of PAX, else of the header. No reader of layers uses them.
std::string owner_name(const TarForm& form);
std::string group_name(const TarForm& form);

}  // namespace fn::layer
