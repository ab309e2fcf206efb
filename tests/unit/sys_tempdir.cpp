// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "sys/tempdir.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

using namespace fn;
using sys::TempDir;

TEST_CASE("a temporary directory is private and goes with all in it") {
  const Scratch scratch;
  std::string path;
  {
    const TempDir dir(scratch.path(), "work-");
    path = dir.path();
    CHECK(path == scratch.path(dir.name()));
    CHECK(dir.name().starts_with("work-"));
    struct stat status {};
    REQUIRE(fstatat(dir.parent_fd(), dir.name().c_str(), &status, 0) == 0);
    CHECK((status.st_mode & 07777) == 0700);
    scratch.write(dir.name() + "/sub/file", "x");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a released directory stays") {
  const Scratch scratch;
  std::string path;
  {
    TempDir dir(scratch.path(), "work-");
    path = dir.path();
    dir.release();
  }
  CHECK(std::filesystem::is_directory(path));
}

TEST_CASE("a moved directory is removed once, by its new owner") {
  const Scratch scratch;
  auto first = std::make_unique<TempDir>(scratch.path(), "work-");
  const TempDir second(std::move(*first));
  first.reset();
  CHECK(std::filesystem::is_directory(second.path()));
}

TEST_CASE("without a parent there is no temporary directory") {
  const Scratch scratch;
  CHECK(error_of([&] { TempDir(scratch.path("no"), "work-"); }) ==
        "not_found: cannot open '" + scratch.path("no") + "': no such file or directory");
}

TEST_CASE("temporary files go where TMPDIR says, and to /tmp without it") {
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before ? before : "";
  unsetenv("TMPDIR");
  CHECK(sys::temporary_directory() == "/tmp");
  setenv("TMPDIR", "", 1);
  CHECK(sys::temporary_directory() == "/tmp");
  setenv("TMPDIR", "/elsewhere", 1);
  CHECK(sys::temporary_directory() == "/elsewhere");
  before ? setenv("TMPDIR", saved.c_str(), 1) : unsetenv("TMPDIR");
}
