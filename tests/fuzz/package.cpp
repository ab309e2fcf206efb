// SPDX-License-Identifier: Apache-2.0
// Package databases: the first byte chooses the path, the rest is the file. The list that was read, encoded, decodes to
// itself; any bytes as such a list are decoded or refused.
#include "fuzz.hpp"
#include "package/cache.hpp"
#include "package/database.hpp"

#include <array>

using namespace fn;
using namespace fn::package;

void fn::fuzz::run(std::string_view input) {
  static constexpr std::array<std::string_view, 10> paths{"var/lib/dpkg/status",
                                                          "var/lib/dpkg/status.d/base",
                                                          "lib/apk/db/installed",
                                                          "usr/lib/python3/dist-packages/thing-1.0.dist-info/METADATA",
                                                          "usr/lib/python3/dist-packages/thing.egg-info/PKG-INFO",
                                                          "app/node_modules/thing/package.json",
                                                          "var/lib/rpm/Packages.db",
                                                          "var/lib/rpm/rpmdb.sqlite",
                                                          "var/lib/rpm/Packages",
                                                          "usr/lib/python3/dist-packages/thing-1.0.dist-info/RECORD"};
  Choices choices(input);
  const std::string_view path = paths[choices.roll(unsigned(paths.size()))];
  const std::string_view bytes = choices.rest();
  accepted([&] { return decode(bytes); });
  is_database(path);
  const auto packages = accepted([&] { return read_database(path, bytes); });
  if (!packages) return;
  const std::string text = encode(*packages);
  require(encode(decode(text)) == text, "a list decodes to another one");
}
