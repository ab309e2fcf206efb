// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "package/parse.hpp"
#include "package/readers.hpp"

#include <algorithm>

namespace fn::package {
namespace {

// deb-control(5), and the Status of dpkg(1): WANT FLAG STATE.
struct Stanza {
  std::string_view name, version, architecture, status;
  bool any = false;
};

void set_once(std::string_view& slot, std::string_view value, const Lines& lines) {
  if (!slot.empty()) lines.refuse("duplicate field");
  if (value.empty()) lines.refuse("empty field");
  slot = value;
}

void read_fields(Stanza& stanza, Lines& lines) {
  while (const auto field = next_field(lines)) {
    stanza.any = true;
    if (field->is("Package")) set_once(stanza.name, field->value, lines);
    if (field->is("Version")) set_once(stanza.version, field->value, lines);
    if (field->is("Architecture")) set_once(stanza.architecture, field->value, lines);
    if (field->is("Status")) set_once(stanza.status, field->value, lines);
  }
}

// Without any field at the end.
Stanza next_stanza(Lines& lines) {
  Stanza stanza;
  while (!stanza.any && !lines.done()) read_fields(stanza, lines);
  return stanza;
}

bool is_installed(std::string_view status, const Lines& lines) {
  const auto words = split(status, ' ');
  if (words.size() != 3) lines.refuse("'Status' is not three words");
  return words[2] == "installed";
}

Package package_of(const Stanza& stanza, const Lines& lines, Quota& quota) {
  if (stanza.name.empty()) lines.refuse("the package has no name");
  if (stanza.version.empty()) lines.refuse("the package has no version");
  quota.spend(sizeof(Package) + stanza.name.size() + stanza.version.size() + stanza.architecture.size());
  return {
      Ecosystem::dpkg, std::string(stanza.name), std::string(stanza.version), std::string(stanza.architecture), {}, {}};
}

// "libc6:amd64.list" is of one of several architectures that can be installed side by side.
Package part_of(std::string_view path, std::string_view suffix) {
  std::string_view name = last_component(path);
  name.remove_suffix(suffix.size());
  const std::size_t colon = std::min(name.find(':'), name.size());
  Package part;
  part.name = name.substr(0, colon);
  part.architecture = name.substr(std::min(colon + 1, name.size()));
  return part;
}

}  // namespace

std::vector<Package> read_dpkg_status(std::string_view bytes) {
  std::vector<Package> packages;
  Lines lines(bytes, Lines::End::newline);
  Quota quota;
  for (Stanza stanza = next_stanza(lines); stanza.any; stanza = next_stanza(lines))
    if (is_installed(stanza.status, lines)) packages.push_back(package_of(stanza, lines, quota));
  return packages;
}

std::vector<Package> read_dpkg_stanza(std::string_view bytes) {
  Lines lines(bytes);
  Quota quota;
  const Stanza stanza = next_stanza(lines);
  if (!stanza.status.empty() && !is_installed(stanza.status, lines)) return {};
  return {package_of(stanza, lines, quota)};
}

std::vector<Package> read_dpkg_list(std::string_view path, std::string_view bytes) {
  Package part = part_of(path, ".list");
  Lines lines(bytes, Lines::End::newline);
  Quota quota;
  while (const auto line = lines.next()) {
    if (line->empty()) lines.refuse("a path is empty");
    add_file(part, resolve({}, *line), quota);
  }
  sort_files(part);
  return {std::move(part)};
}

std::vector<Package> read_dpkg_md5sums(std::string_view path, std::string_view bytes) {
  constexpr std::size_t digits = 32;
  Package part = part_of(path, ".md5sums");
  Lines lines(bytes);
  Quota quota;
  while (const auto line = lines.next()) {
    if (line->empty()) continue;
    if (line->find_first_not_of("0123456789abcdef") != digits || line->substr(digits, 2) != "  ")
      lines.refuse("not of the form 'MD5  PATH'");
    add_file(part, resolve({}, line->substr(digits + 2)), quota);
  }
  sort_files(part);
  return {std::move(part)};
}

}  // namespace fn::package
