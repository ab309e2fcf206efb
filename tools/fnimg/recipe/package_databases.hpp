// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/tree.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fn::img {

// What apk and rpm know of installed packages is one file, and that of an upper layer hides those of the layers below:
// it has to list their packages too. Sources that are packages bring the record of one each (fn-archive), and all of a
// layer become one database here. dpkg's records need none of this: each has a file of its own.
class PackageDatabases {
 public:
  // The packages of the base. `read` gives a file's content.
  void begin(const layer::Tree& base, const std::function<std::string(const layer::Node&)>& read);

  enum class Kind : std::uint8_t { other, apk, rpm };
  // The kind of package that a source of this name is.
  static Kind kind_of(const std::string& path);

  // The sources of the next layer, lowest first.
  struct Part {
    std::vector<layer::Item> items;
    Kind kind = Kind::other;
  };
  // Takes the records out of packages; if there are any, adds the databases as a last part. Throws what reading throws.
  void combine(std::vector<Part>& parts);

 private:
  bool take_apk(const layer::Item& item, bool is_package);
  bool take_rpm(const layer::Item& item, bool is_package);

  // What a database has of one package, and what says that another is the same package in a newer version.
  struct Record {
    std::string place;
    std::string text;
  };
  using Records = std::vector<Record>;
  static Records apk_records(const std::string& installed);
  static Records rpm_records(const std::string& store);
  static void add(Records& records, Record record);

  std::string apk_path_ = "lib/apk/db/installed";
  Records apk_;
  Records rpm_;
};

}  // namespace fn::img
