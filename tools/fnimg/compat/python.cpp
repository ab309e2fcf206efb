// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "compat/rules.hpp"

#include <fmt/format.h>
#include <optional>
#include <set>

namespace fn::img {
namespace {

constexpr std::string_view directory_prefix = "python3.";

// The digits at the beginning of a text.
std::string_view number_at(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
}

// "11" of the interpreters python3.11 and libpython3.11.so.1.0.
std::set<std::string, std::less<>> minors_in(const CheckedImage& image) {
  std::set<std::string, std::less<>> minors;
  for (const layer::Node& node : image.tree().nodes()) {
    std::string_view name = layer::base_name(node.entry.path);
    const bool is_library = name.starts_with("libpython3.");
    if (is_library) name.remove_prefix(3);
    if (!name.starts_with(directory_prefix)) continue;
    const std::string_view rest = name.substr(directory_prefix.size());
    const std::string_view minor = number_at(rest);
    const bool is_right = is_library ? rest.substr(minor.size()).starts_with(".so") : minor.size() == rest.size();
    if (minor.empty() || !is_right) continue;
    const auto file = image.root().file('/' + node.entry.path);
    if (file && file->facts) minors.emplace(minor);
  }
  return minors;
}

// "11" of x.cpython-311-x86_64-linux-gnu.so; modules for the stable interface (abi3) have none.
std::string_view extension_minor(std::string_view name) {
  constexpr std::string_view tag = ".cpython-3";
  const std::size_t at = name.find(tag);
  if (at == name.npos || !name.ends_with(".so")) return {};
  return number_at(name.substr(at + tag.size()));
}

struct Versioned {
  std::string_view directory;  // up to site-packages
  std::string_view minor;
};

// Where a module is installed for one version: lib/python3.11/site-packages.
std::optional<Versioned> versioned_directory(std::string_view path) {
  for (const std::string_view packages : {"/site-packages/", "/dist-packages/"}) {
    const std::size_t end = path.find(packages);
    if (end == path.npos) continue;
    const std::string_view name = layer::base_name(path.substr(0, end));
    if (!name.starts_with(directory_prefix)) continue;
    const std::string_view minor = name.substr(directory_prefix.size());
    if (!minor.empty() && number_at(minor) == minor) return Versioned{path.substr(0, end + packages.size() - 1), minor};
  }
  return std::nullopt;
}

}  // namespace

void check_python(const CheckedImage& image, Findings& findings) {
  const auto minors = minors_in(image);
  const auto tell = [&](std::string_view rule, std::string_view path, std::string_view minor, std::string layer) {
    const std::string needs = fmt::format("python3.{}", minor);
    findings.add({.rule = std::string(rule),
                  .severity = Severity::fails_when_used,
                  .path = std::string(path),
                  .needs = needs,
                  .layer = std::move(layer),
                  .since = {},
                  .hint = fmt::format("install it for the Python of the image, or take a runtime with {}", needs)});
  };
  for (const layer::Node& node : image.tree().nodes()) {
    const std::string& path = node.entry.path;
    if (node.entry.type == layer::Type::directory) continue;
    if (const auto versioned = versioned_directory(path)) {
      if (!minors.contains(versioned->minor))
        tell("python.directory", versioned->directory, versioned->minor, image.layer_of(path));
      continue;
    }
    const std::string_view minor = extension_minor(layer::base_name(path));
    if (!minor.empty() && !minors.contains(minor)) tell("python.extension", path, minor, image.layer_of(path));
  }
}

}  // namespace fn::img
