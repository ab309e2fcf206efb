// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::package {

// The package manager whose database lists a package. The values are stored in caches: add at the end.
enum class Ecosystem : std::uint8_t { dpkg, apk, rpm, pip, npm };

// "dpkg", "apk", "rpm", "pip", "npm".
std::string_view ecosystem_name(Ecosystem ecosystem);

// An installed package, or what one file says about it. All of it is foreign text: use printable() before it goes to a
// terminal.
struct Package {
  Ecosystem ecosystem = Ecosystem::dpkg;
  std::string name;
  std::string version;       // rpm: [EPOCH:]VERSION-RELEASE
  std::string architecture;  // empty for pip and npm
  std::string root;          // pip: the directory that modules are in; npm: the package's own; others: ""
  // Paths in the image without a leading slash, sorted, each once, never "" and without "..". dpkg, apk and rpm list
  // directories too; pip lists none, npm nothing at all: everything below its root belongs to it.
  std::vector<std::string> files;

  friend bool operator==(const Package&, const Package&) = default;
};

// Merges the parts of packages, which come from several files of an image in any order. Parts with nothing but files
// belong to the package with their ecosystem, root and name (and architecture, if they have one); without such a
// package they are dropped. Sorted by ecosystem, root, name, architecture, version.
std::vector<Package> combine(std::vector<Package> parts);

}  // namespace fn::package
