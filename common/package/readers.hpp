// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "package/package.hpp"

#include <functional>
#include <string_view>
#include <vector>

// One function for each kind of file that read_database() knows, with the same contract.
namespace fn::package {

std::vector<Package> read_dpkg_status(std::string_view bytes);
// A file of status.d: one package, installed although it has no Status.
std::vector<Package> read_dpkg_stanza(std::string_view bytes);
std::vector<Package> read_dpkg_list(std::string_view path, std::string_view bytes);
std::vector<Package> read_dpkg_md5sums(std::string_view path, std::string_view bytes);

std::vector<Package> read_apk_installed(std::string_view bytes);

// Each calls the visitor with the headers of the packages in a store, in no particular order.
using HeaderVisitor = std::function<void(std::string_view)>;
using HeaderStore = void (*)(std::string_view bytes, const HeaderVisitor& visit);
void each_header_in_sqlite(std::string_view bytes, const HeaderVisitor& visit);
void each_header_in_ndb(std::string_view bytes, const HeaderVisitor& visit);
void each_header_in_bdb(std::string_view bytes, const HeaderVisitor& visit);
std::vector<Package> read_rpm(std::string_view bytes, HeaderStore store);

// METADATA or PKG-INFO of the package whose modules are in `root`.
std::vector<Package> read_pip_metadata(std::string_view root, std::string_view bytes);
// `path` is that of the RECORD, in a directory NAME-VERSION.dist-info.
std::vector<Package> read_pip_record(std::string_view path, std::string_view bytes);

std::vector<Package> read_npm(std::string_view path, std::string_view bytes);

}  // namespace fn::package
