// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fn::package {

// RPM's store of installed packages in its own format, usr/lib/sysimage/rpm/Packages.db (rpm, lib/backend/ndb). The
// same headers give the same bytes. `headers` are as packages have them, without the magic number in front.
std::string make_rpm_store(const std::vector<std::string>& headers);

// The headers of such a store. Throws integrity.
std::vector<std::string> rpm_headers(std::string_view store);

// What a package of this header is installed in place of: its name and architecture. Throws integrity.
std::string rpm_place(std::string_view header);

}  // namespace fn::package
