// SPDX-License-Identifier: Apache-2.0
// Parts of packages come from several files, in any order. Those with a version are packages; parts with the same
// identity are one package. Those without bring files only, and are given to the package of the same ecosystem, root
// and name. If the part names an architecture the package must have it; if not, any will do. A list without a package
// is what an uninstalled package left behind, and is dropped. pip compares names as PEP 503 says, so "Foo.Bar" finds
// "foo-bar".
#include "package/package.hpp"

#include "base/text.hpp"
#include "package/parse.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace fn::package {
namespace {

// PEP 503: "Foo.Bar", "foo_bar" and "foo--bar" are one package.
std::string python_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator) {
      out += ascii_lower(c);
    } else if (!out.ends_with('-')) {
      out += '-';
    }
  }
  return out;
}

struct Part {
  explicit Part(Package&& from) : package(std::move(from)) {
    key = package.ecosystem == Ecosystem::pip ? python_name(package.name) : package.name;
  }

  auto place() const { return std::tie(package.ecosystem, package.root, key); }
  auto identity() const { return std::tuple_cat(place(), std::tie(package.architecture, package.version)); }

  Package package;
  std::string key;
};

void move_files(Package& from, Package& to) {
  to.files.insert(to.files.end(), std::move_iterator(from.files.begin()), std::move_iterator(from.files.end()));
}

void merge_same(std::vector<Part>& parts) {
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.identity() < b.identity(); });
  std::vector<Part> merged;
  for (Part& part : parts) {
    if (!merged.empty() && merged.back().identity() == part.identity()) {
      move_files(part.package, merged.back().package);
    } else {
      merged.push_back(std::move(part));
    }
  }
  parts = std::move(merged);
}

void give_files(Part& files, std::vector<Part>& packages) {
  const auto [first, last] = std::equal_range(packages.begin(), packages.end(), files,
                                              [](const Part& a, const Part& b) { return a.place() < b.place(); });
  const std::string& wanted = files.package.architecture;
  const auto found =
      std::find_if(first, last, [&](const Part& p) { return wanted.empty() || p.package.architecture == wanted; });
  if (found != last) move_files(files.package, found->package);
}

}  // namespace

std::string_view ecosystem_name(Ecosystem ecosystem) {
  switch (ecosystem) {
    case Ecosystem::dpkg:
      return "dpkg";
    case Ecosystem::apk:
      return "apk";
    case Ecosystem::rpm:
      return "rpm";
    case Ecosystem::pip:
      return "pip";
    case Ecosystem::npm:
      return "npm";
  }
  return "unknown";
}

std::vector<Package> combine(std::vector<Package> parts) {
  std::vector<Part> packages, files;
  for (Package& part : parts) (part.version.empty() ? files : packages).emplace_back(std::move(part));
  merge_same(packages);
  for (Part& part : files) give_files(part, packages);
  std::vector<Package> combined;
  for (Part& part : packages) combined.push_back(std::move(part.package));
  for (Package& package : combined) sort_files(package);
  const auto order = [](const Package& p) { return std::tie(p.ecosystem, p.root, p.name, p.architecture, p.version); };
  std::sort(combined.begin(), combined.end(), [&](const Package& a, const Package& b) { return order(a) < order(b); });
  return combined;
}

}  // namespace fn::package
