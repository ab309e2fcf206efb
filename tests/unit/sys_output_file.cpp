// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "ordinary_user.hpp"
#include "scratch.hpp"
#include "sys/output_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using sys::OutputFile;
namespace fs = std::filesystem;

namespace {

void write_to(const std::string& path, std::string_view text) {
  OutputFile file(path);
  file.write(text);
  file.commit();
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  sys::check(lstat(path.c_str(), &status), "cannot read '{}'", path);
  return status;
}

// Both say the same before the work.
std::string refusal(const std::string& path) {
  const std::string why = error_of([&] { OutputFile::check(path); });
  CHECK(error_of([&] { OutputFile file(path); }) == why);
  return why;
}

}  // namespace

TEST_CASE("a new file appears when it is whole") {
  const Scratch scratch;
  const std::string path = scratch.path("file");
  {
    OutputFile file(path);
    file.write("half");
    CHECK_FALSE(fs::exists(path));
  }
  CHECK_FALSE(fs::exists(path));
  write_to(path, "whole");
  CHECK(scratch.read("file") == "whole");
}

TEST_CASE("what is replaced keeps its mode and owner, and stays as it is until the new one is whole") {
  const Scratch scratch;
  scratch.write("file", "old");
  const std::string path = scratch.path("file");
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  if (geteuid() == 0) REQUIRE(chown(path.c_str(), 12, 34) == 0);
  const struct stat before = status_of(path);
  {
    OutputFile file(path);
    file.write("half");
  }
  CHECK(scratch.read("file") == "old");
  CHECK(status_of(path).st_ino == before.st_ino);
  write_to(path, "new");
  const struct stat after = status_of(path);
  CHECK(scratch.read("file") == "new");
  CHECK(after.st_ino != before.st_ino);
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_uid == before.st_uid);
  CHECK(after.st_gid == before.st_gid);
}

TEST_CASE("links are followed to what they name, there or not") {
  const Scratch scratch;
  scratch.write("dir/target", "old");
  fs::create_symlink("dir/target", scratch.path("one"));
  fs::create_symlink("../one", scratch.path("dir/two"));
  fs::create_symlink("dir/new", scratch.path("dangling"));
  write_to(scratch.path("dir/two"), "through two");
  CHECK(scratch.read("dir/target") == "through two");
  CHECK(fs::is_symlink(scratch.path("one")));
  CHECK(fs::is_symlink(scratch.path("dir/two")));
  write_to(scratch.path("dangling"), "made");
  CHECK(scratch.read("dir/new") == "made");
  CHECK(fs::is_symlink(scratch.path("dangling")));
  fs::create_symlink("loop", scratch.path("loop"));
  CHECK(refusal(scratch.path("loop")) == "usage: '" + scratch.path("loop") + "' leads through too many symbolic links");
}

TEST_CASE("what a new file can't replace is written into") {
  const Scratch scratch;
  scratch.write("file", "a longer old text");
  fs::create_hard_link(scratch.path("file"), scratch.path("other"));
  write_to(scratch.path("file"), "new");
  CHECK(scratch.read("other") == "new");
  {
    OutputFile file(scratch.path("file"));
    CHECK(scratch.read("other") == "new");  // untouched until the first byte
    file.write("half");
  }
  CHECK(scratch.read("other").empty());

  scratch.write("closed/file", "old");
  REQUIRE(chmod(scratch.path("closed").c_str(), 0555) == 0);
  const OrdinaryUser user;
  write_to(scratch.path("closed/file"), "new");
  CHECK(scratch.read("closed/file") == "new");
  CHECK(refusal(scratch.path("closed/another")).starts_with("unsupported: cannot create"));
  REQUIRE(chmod(scratch.path("closed").c_str(), 0755) == 0);
}

TEST_CASE("a pipe stays a pipe, and its reader gets the bytes") {
  const Scratch scratch;
  const std::string path = scratch.path("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] { got = sys::read_file(path, MiB); });
  write_to(path, "through the pipe");
  reader.join();
  CHECK(got == "through the pipe");
  CHECK(S_ISFIFO(status_of(path).st_mode));
}

TEST_CASE("a device is written to") {
  write_to("/dev/null", "nothing");
  CHECK(S_ISCHR(status_of("/dev/null").st_mode));
  CHECK(error_of([] { write_to("/dev/full", "x"); }).starts_with("failure: cannot write '/dev/full'"));
}

TEST_CASE("a descriptor goes on where it stands") {
  const Scratch scratch;
  scratch.write("log", "before\n");
  const sys::Fd log = sys::open_file(scratch.path("log"), O_WRONLY | O_APPEND);
  for (const char* folder : {"/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"})
    write_to(fmt::format("{}/{}", folder, log.get()), "more\n");
  CHECK(scratch.read("log") == "before\nmore\nmore\nmore\n");
  fs::create_symlink(fmt::format("/dev/fd/{}", log.get()), scratch.path("link"));
  write_to(scratch.path("link"), "last\n");
  CHECK(scratch.read("log").ends_with("more\nlast\n"));
  CHECK(OutputFile::is_stdout("-"));
  CHECK(OutputFile::is_stdout("/dev/stdout"));
  CHECK_FALSE(OutputFile::is_stdout("/dev/stderr"));
  const sys::Fd input = sys::open_file(scratch.path("log"), O_RDONLY);
  const std::string path = fmt::format("/dev/fd/{}", input.get());
  CHECK(error_of([&] { OutputFile file(path); }) == "usage: '" + path + "' is open for reading only");
}

TEST_CASE("what can't be a file is said before the work") {
  const Scratch scratch;
  fs::create_directory(scratch.path("dir"));
  CHECK(refusal(scratch.path("dir")) == "usage: '" + scratch.path("dir") + "' is a directory (name a file)");
  CHECK(refusal(scratch.path("no/file")).starts_with("not_found: "));
  CHECK(refusal(scratch.path("new/")) == "usage: '" + scratch.path("new/") + "' is not the name of a file");
  CHECK(refusal("") == "usage: '' is not the name of a file");
  const sys::Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  scratch.path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(refusal(scratch.path("socket")).starts_with("usage: '" + scratch.path("socket") + "' is a socket"));
}
