// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"

#include <string>
#include <vector>

namespace fn::img {

// apk's database of what is installed is one file (apk-tools, "installed database"), and that of an upper layer hides
// those of the layers below: it lists their packages too. Sources that are packages bring the record of one each, and
// all of a layer become one database here.
class ApkDatabase {
 public:
  // What the layers below have, and where.
  void begin(std::string path, std::string installed);

  // The sources of the next layer, lowest first.
  struct Part {
    std::vector<layer::Item> items;
    bool is_package = false;
  };
  // Takes the records out of packages; if there are any, adds the database as a last part. Throws what reading throws.
  void combine(std::vector<Part>& parts);

 private:
  void add(const std::string& record);

  std::string path_ = "lib/apk/db/installed";
  std::string installed_;
};

// A source is such a package.
bool is_apk(const std::string& path);

}  // namespace fn::img
