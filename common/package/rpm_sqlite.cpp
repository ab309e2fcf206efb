// SPDX-License-Identifier: Apache-2.0
#include "db/untrusted.hpp"
#include "package/readers.hpp"

namespace fn::package {

void each_header_in_sqlite(std::string_view bytes, const HeaderVisitor& visit) {
  // What rpm leaves while it has not yet written anything.
  if (bytes.empty()) return;
  db::UntrustedDatabase(bytes).each_blob("Packages", "blob", visit);
}

}  // namespace fn::package
