// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/byte_source.hpp"
#include "streams.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fn::foreign {

// What a Debian package says about itself: the files of its control.tar that are kept (deb-control(5), deb-md5sums(5)).
struct ControlFiles {
  std::string control;
  std::string md5sums;  // "" if the package has none
  std::int64_t mtime = 0;
};

// Throws integrity: not a tar, a control file that is too large.
ControlFiles read_control(layer::ByteSource& tar);

// The record of an installed package as images without dpkg have it (distroless, and what reads such images):
// var/lib/dpkg/status.d/NAME is the control file, NAME.md5sums the list of files. Written as entries of a tar, without
// its end. Throws integrity for a control file without a name and a version.
void write_record(const ControlFiles& files, Output& output);

// The tar begins as an Alpine package does, whose first members are about the package.
bool is_alpine_package(std::string_view head);

// The files of an Alpine package (apk-tools, "package format v2"), and its record as the last entry:
// lib/apk/db/installed, of this package alone. What is about the package is left out, its scripts among it. Throws
// integrity for a tar without a valid .PKGINFO.
void convert_alpine_package(layer::ByteSource& tar, Output& output);

// An RPM package begins so.
inline constexpr std::string_view rpm_magic = "\xed\xab\xee\xdb";

// Reads an RPM package up to its payload (rpm, "Package format"), and writes its header as the entry
// usr/lib/sysimage/rpm/Packages.db: rpm's store is made of those of all packages of a layer by who reads this. Throws
// integrity.
void convert_rpm_headers(layer::ByteSource& package, Output& output);

}  // namespace fn::foreign
