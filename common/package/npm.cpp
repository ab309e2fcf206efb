// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "package/parse.hpp"
#include "package/readers.hpp"

namespace fn::package {
namespace {

std::string string_of(const Json& document, std::string_view key) {
  const Json* member = document.find(key);
  return member && member->is_string() ? member->as_string() : std::string();
}

}  // namespace

std::vector<Package> read_npm(std::string_view path, std::string_view bytes) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
  const Json document = Json::parse(bytes, "package.json");
  if (!document.is_object()) fail(Kind::integrity, "package.json is not an object");
  Package package{Ecosystem::npm,
                  string_of(document, "name"),
                  string_of(document, "version"),
                  {},
                  std::string(directory_of(path)),
                  {}};
  // Parts of a package have such files too, to tell how they are loaded.
  if (package.name.empty() || package.version.empty()) return {};
  return {std::move(package)};
}

}  // namespace fn::package
