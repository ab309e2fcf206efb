// SPDX-License-Identifier: Apache-2.0
// What is installed in an image is told by files of many kinds, found by their path alone: dpkg's status and lists,
// apk's installed, RPM's three stores, pip's METADATA and RECORD, npm's package.json. Each file is read for itself,
// while its layer is read, and yields parts of packages: names and versions from one file, lists of files from another.
// They are cached by layer; only for an image are they combined (package.cpp), since a layer above may hide a file that
// a layer below brought.
//
// All of these files come from strangers. Readers check every length and offset, follow no loop, and what a database
// may become in memory is limited; whatever is wrong throws integrity, and the caller goes on without that file.
#include "package/database.hpp"

#include "package/parse.hpp"
#include "package/readers.hpp"

namespace fn::package {
namespace {

enum class Form {
  none,
  dpkg_status,
  dpkg_stanza,
  dpkg_list,
  dpkg_md5sums,
  apk,
  rpm_sqlite,
  rpm_ndb,
  rpm_bdb,
  pip_metadata,
  pip_egg_file,
  pip_record,
  npm
};

// "x.list" for ".list", and not ".list" alone.
bool ends_in(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.ends_with(suffix);
}

Form dpkg_form(std::string_view directory, std::string_view name) {
  if (directory == "var/lib/dpkg" && name == "status") return Form::dpkg_status;
  if (directory == "var/lib/dpkg/info" && ends_in(name, ".list")) return Form::dpkg_list;
  if (directory != "var/lib/dpkg/status.d" || name.empty()) return Form::none;
  return ends_in(name, ".md5sums") ? Form::dpkg_md5sums : Form::dpkg_stanza;
}

Form rpm_form(std::string_view directory, std::string_view name) {
  if (directory != "var/lib/rpm" && directory != "usr/lib/sysimage/rpm") return Form::none;
  if (name == "rpmdb.sqlite") return Form::rpm_sqlite;
  if (name == "Packages.db") return Form::rpm_ndb;
  return name == "Packages" ? Form::rpm_bdb : Form::none;
}

Form pip_form(std::string_view directory, std::string_view name) {
  const std::string_view parent = last_component(directory);
  if (ends_in(name, ".egg-info")) return Form::pip_egg_file;
  if (name == "PKG-INFO" && ends_in(parent, ".egg-info")) return Form::pip_metadata;
  if (!ends_in(parent, ".dist-info")) return Form::none;
  if (name == "METADATA") return Form::pip_metadata;
  return name == "RECORD" ? Form::pip_record : Form::none;
}

Form npm_form(std::string_view directory, std::string_view name) {
  if (name != "package.json") return Form::none;
  const std::string_view package = last_component(directory);
  if (package.empty() || package.front() == '.' || package.front() == '@') return Form::none;
  std::string_view above = directory_of(directory);
  if (last_component(above).starts_with('@')) above = directory_of(above);
  return last_component(above) == "node_modules" ? Form::npm : Form::none;
}

Form form_of(std::string_view path) {
  if (path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed") return Form::apk;
  const std::string_view directory = directory_of(path);
  const std::string_view name = last_component(path);
  for (const auto form : {dpkg_form, rpm_form, pip_form, npm_form})
    if (const Form found = form(directory, name); found != Form::none) return found;
  return Form::none;
}

}  // namespace

bool is_database(std::string_view path) {
  return form_of(path) != Form::none;
}

std::vector<Package> read_database(std::string_view path, std::string_view bytes) {
  switch (form_of(path)) {
    case Form::none:
      return {};
    case Form::dpkg_status:
      return read_dpkg_status(bytes);
    case Form::dpkg_stanza:
      return read_dpkg_stanza(bytes);
    case Form::dpkg_list:
      return read_dpkg_list(path, bytes);
    case Form::dpkg_md5sums:
      return read_dpkg_md5sums(path, bytes);
    case Form::apk:
      return read_apk_installed(bytes);
    case Form::rpm_sqlite:
      return read_rpm(bytes, each_header_in_sqlite);
    case Form::rpm_ndb:
      return read_rpm(bytes, each_header_in_ndb);
    case Form::rpm_bdb:
      return read_rpm(bytes, each_header_in_bdb);
    case Form::pip_metadata:
      return read_pip_metadata(directory_of(directory_of(path)), bytes);
    case Form::pip_egg_file:
      return read_pip_metadata(directory_of(path), bytes);
    case Form::pip_record:
      return read_pip_record(path, bytes);
    case Form::npm:
      return read_npm(path, bytes);
  }
  return {};
}

}  // namespace fn::package
