// SPDX-License-Identifier: Apache-2.0
#include "package/parse.hpp"
#include "package/readers.hpp"

namespace fn::package {
namespace {

// apk-tools, "installed database": a letter, a colon and a value on each line, a blank line after each package.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : lines_(bytes, Lines::End::newline) {}

  std::vector<Package> read() && {
    while (const auto line = lines_.next()) {
      if (line->empty()) {
        finish();
      } else if (line->size() < 2 || (*line)[1] != ':') {
        lines_.refuse("not of the form 'X:value'");
      } else {
        take(line->front(), line->substr(2));
      }
    }
    finish();
    return std::move(packages_);
  }

 private:
  void take(char letter, std::string_view value) {
    any_ = true;
    switch (letter) {
      case 'P':
        return set_once(package_.name, value);
      case 'V':
        return set_once(package_.version, value);
      case 'A':
        return set_once(package_.architecture, value);
      case 'F':
        directory_ = resolve({}, value);
        in_directory_ = true;
        return add_file(package_, directory_, quota_);
      case 'R':
        if (!in_directory_) lines_.refuse("a file has no directory");
        if (!is_file_name(value)) lines_.refuse("not a file name");
        return add_file(package_, resolve(directory_, value), quota_);
      default:
        return;
    }
  }

  void set_once(std::string& slot, std::string_view value) const {
    if (!slot.empty()) lines_.refuse("duplicate value");
    if (value.empty()) lines_.refuse("empty value");
    slot = value;
  }

  void finish() {
    if (!any_) return;
    if (package_.name.empty()) lines_.refuse("the package has no name");
    if (package_.version.empty()) lines_.refuse("the package has no version");
    quota_.spend(sizeof(Package) + package_.name.size() + package_.version.size() + package_.architecture.size());
    sort_files(package_);
    packages_.push_back(std::move(package_));
    package_ = fresh();
    any_ = in_directory_ = false;
  }

  static Package fresh() {
    Package package;
    package.ecosystem = Ecosystem::apk;
    return package;
  }

  Lines lines_;
  Quota quota_;
  Package package_ = fresh();
  bool any_ = false;  // of the package's lines
  std::string directory_;
  bool in_directory_ = false;
  std::vector<Package> packages_;
};

}  // namespace

std::vector<Package> read_apk_installed(std::string_view bytes) {
  return Reader(bytes).read();
}

}  // namespace fn::package
