// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "package/package.hpp"

#include <string_view>

namespace fn::package {

// Less than, equal to or greater than 0 if `a` is older than, as old as or newer than `b` by the rules of the
// ecosystem: deb-version(7), apk-tools, rpmvercmp with epochs, PEP 440, Semantic Versioning 2.0. A total order:
// versions that pip and npm would refuse are older than all others, ordered by bytes. Never throws.
int compare_versions(Ecosystem ecosystem, std::string_view a, std::string_view b) noexcept;

}  // namespace fn::package
