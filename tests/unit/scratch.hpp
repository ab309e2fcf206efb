// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <fcntl.h>
#include <filesystem>
#include <string>

namespace fn {

// A directory for one test case.
class Scratch {
 public:
  Scratch() : dir_(std::filesystem::temp_directory_path(), "fn-unit-") {}

  const std::string& path() const { return dir_.path(); }
  std::string path(const std::string& name) const { return dir_.path() + '/' + name; }
  void write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    sys::write_full(sys::open_file(path(name), O_WRONLY | O_CREAT | O_TRUNC).get(), bytes, name);
  }
  std::string read(const std::string& name) const { return sys::read_file(path(name), MiB); }

 private:
  sys::TempDir dir_;
};

}  // namespace fn
