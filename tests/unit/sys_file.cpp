// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "ordinary_user.hpp"
#include "scratch.hpp"
#include "sys/file.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using sys::TempFile;

namespace {

std::size_t count_names(const std::string& path) {
  const std::filesystem::directory_iterator names(path);
  return std::size_t(std::distance(begin(names), end(names)));
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  sys::check(stat(path.c_str(), &status), "cannot read '{}'", path);
  return status.st_mode & 07777;
}

sys::Fd directory(const std::string& path) {
  return sys::open_file(path, O_RDONLY | O_DIRECTORY);
}

// Nothing larger than `bytes` can be written while it lives: a full disk on a small scale.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("opening names the file and the reason") {
  const Scratch scratch;
  const std::string path = scratch.path("no\nfile");
  CHECK(error_of([&] { sys::open_file(path, O_RDONLY); }) ==
        "not_found: cannot open '" + scratch.path() + "/no\\nfile': no such file or directory");
  CHECK(error_of([&] { sys::open_file(scratch.path(), O_WRONLY); }) ==
        "failure: cannot open '" + scratch.path() + "': is a directory");
  const sys::Fd made = sys::open_file(scratch.path("new"), O_WRONLY | O_CREAT, 0600);
  CHECK((fcntl(made.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(mode_of(scratch.path("new")) == 0600);
}

TEST_CASE("a file without permission is this host's no, not a failure") {
  const OrdinaryUser user;
  const Scratch scratch;
  scratch.write("secret", "x");
  chmod(scratch.path("secret").c_str(), 0);
  CHECK(error_of([&] {
          sys::read_file(scratch.path("secret"), MiB);
        }).starts_with("unsupported: cannot open '" + scratch.path("secret") + "': permission denied"));
}

TEST_CASE("a whole file is read, up to a limit") {
  const Scratch scratch;
  scratch.write("empty", "");
  scratch.write("four", "1234");
  CHECK(scratch.read("empty") == "");
  CHECK(sys::read_file(scratch.path("four"), 4) == "1234");
  CHECK(error_of([&] { sys::read_file(scratch.path("four"), 3); }) ==
        "usage: '" + scratch.path("four") + "' is larger than 3 B");
  CHECK(sys::read_file("/proc/self/status", MiB).starts_with("Name:"));
  CHECK(error_of([&] { sys::read_file(scratch.path(), MiB); }) ==
        "failure: cannot read '" + scratch.path() + "': is a directory");
}

TEST_CASE("a pipe that comes in pieces is read to its end") {
  sys::Pipe pipe = sys::make_pipe();
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) sys::write_full(pipe.write.get(), std::string(3000, 'x'), "pipe");
    pipe.write.reset();
  });
  const std::string text = sys::read_fd(pipe.read.get(), "pipe", MiB);
  writer.join();
  CHECK(text == std::string(150'000, 'x'));
}

TEST_CASE("descriptors that don't block are waited for") {
  sys::Pipe pipe = sys::make_pipe();
  for (const int fd : {pipe.read.get(), pipe.write.get()}) fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string text;
  std::thread reader([&] { text = sys::read_fd(pipe.read.get(), "pipe", MiB); });
  sys::write_full(pipe.write.get(), std::string(500'000, 'x'), "pipe");
  pipe.write.reset();
  reader.join();
  CHECK(text == std::string(500'000, 'x'));
}

TEST_CASE("reading at an offset stops at the end of the file") {
  const Scratch scratch;
  scratch.write("file", "0123456789");
  const sys::Fd fd = sys::open_file(scratch.path("file"), O_RDONLY);
  std::string buffer(6, '?');
  CHECK(sys::pread_full(fd.get(), std::as_writable_bytes(std::span(buffer)), 7, "file") == 3);
  CHECK(buffer == "789???");
  CHECK(sys::pread_full(fd.get(), std::as_writable_bytes(std::span(buffer)), 20, "file") == 0);
}

TEST_CASE("a full disk is an error, not a short file") {
  const sys::Fd full = sys::open_file("/dev/full", O_WRONLY);
  CHECK(
      error_of([&] { sys::write_full(full.get(), "x", "out\x1b"); }) ==
      "failure: cannot write 'out\\x1b': no space left on device (free some space there, or use another file system)");
}

TEST_CASE("directories are made with all that is missing above") {
  const Scratch scratch;
  sys::make_directories(scratch.path("a//b/c/"), 0700);
  CHECK(mode_of(scratch.path("a/b/c")) == 0700);
  CHECK(mode_of(scratch.path("a")) == 0700);
  sys::make_directories(scratch.path("a/b"), 0755);
  CHECK(mode_of(scratch.path("a/b")) == 0700);
  std::filesystem::create_symlink("a/b", scratch.path("link"));
  sys::make_directories(scratch.path("link/d"));
  CHECK(std::filesystem::is_directory(scratch.path("a/b/d")));
}

TEST_CASE("a file in the way of a directory is named") {
  const Scratch scratch;
  scratch.write("file", "");
  for (const auto* path : {"file", "file/a", "file/a/b"}) {
    CHECK(error_of([&] { sys::make_directories(scratch.path(path)); }) ==
          "usage: cannot create directory '" + scratch.path("file") + "': a file with that name exists");
  }
  std::filesystem::create_symlink("nowhere", scratch.path("dangling"));
  CHECK(error_of([&] { sys::make_directories(scratch.path("dangling")); }) ==
        "usage: cannot create directory '" + scratch.path("dangling") + "': a file with that name exists");
  CHECK(error_of([] { sys::make_directories(""); }) ==
        "failure: cannot create directory '': no such file or directory");
}

TEST_CASE("a name is of a file until it is moved, replaced or gone") {
  const Scratch scratch;
  const sys::Fd dir = sys::open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
  const sys::Fd file = sys::open_file(scratch.path() + "/one", O_RDWR | O_CREAT);
  CHECK(sys::is_name_of(dir.get(), "one", file.get()));
  REQUIRE(symlinkat("one", dir.get(), "link") == 0);
  CHECK(!sys::is_name_of(dir.get(), "link", file.get()));
  REQUIRE(renameat(dir.get(), "one", dir.get(), "two") == 0);
  CHECK(!sys::is_name_of(dir.get(), "one", file.get()));
  sys::open_file(scratch.path() + "/one", O_RDWR | O_CREAT);
  CHECK(!sys::is_name_of(dir.get(), "one", file.get()));
  CHECK(sys::is_name_of(dir.get(), "two", file.get()));
}

TEST_CASE("random names differ") {
  const std::string one = sys::random_name("x-");
  CHECK(one.size() == 18);
  CHECK(one.starts_with("x-"));
  CHECK(one != sys::random_name("x-"));
}

TEST_CASE("a file has no name until it is committed") {
  const Scratch scratch;
  const sys::Fd dir = directory(scratch.path());
  TempFile file(dir.get(), "blob", 0640);
  file.write("hello ");
  file.write("world");
  CHECK(file.size() == 11);
  CHECK(count_names(scratch.path()) <= 1);
  CHECK_FALSE(std::filesystem::exists(scratch.path("blob")));
  file.commit("blob", TempFile::Existing::keep);
  CHECK(scratch.read("blob") == "hello world");
  CHECK(mode_of(scratch.path("blob")) == 0640);
  CHECK(count_names(scratch.path()) == 1);
}

TEST_CASE("a file that isn't committed leaves nothing behind") {
  const Scratch scratch;
  const sys::Fd dir = directory(scratch.path());
  {
    TempFile file(dir.get(), "blob");
    file.write("half");
    const TempFile moved(std::move(file));
    CHECK(moved.size() == 4);
  }
  CHECK(count_names(scratch.path()) == 0);
}

TEST_CASE("of two files with one name the first stays, or the last wins") {
  const Scratch scratch;
  const sys::Fd dir = directory(scratch.path());
  const auto commit = [&](std::string_view bytes, TempFile::Existing existing) {
    TempFile file(dir.get(), "blob");
    file.write(bytes);
    file.commit("blob", existing);
    CHECK(count_names(scratch.path()) == 1);
    return scratch.read("blob");
  };
  CHECK(commit("first", TempFile::Existing::keep) == "first");
  CHECK(commit("second", TempFile::Existing::keep) == "first");
  CHECK(commit("third", TempFile::Existing::replace) == "third");
}

TEST_CASE("without /proc a temporary name does the same, and goes") {
  const Scratch scratch;
  const pid_t child = fork();
  if (child == 0) {
    // Hosts that forbid user namespaces can't show it.
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || mount("none", "/proc", "tmpfs", 0, nullptr) < 0) _exit(0);
    const sys::Fd dir = directory(scratch.path());
    const auto commit = [&](std::string_view bytes, TempFile::Existing existing) {
      TempFile file(dir.get(), "blob");
      file.write(bytes);
      const bool named = count_names(scratch.path()) == (faccessat(dir.get(), "blob", F_OK, 0) == 0 ? 2 : 1);
      file.commit("blob", existing);
      return named && count_names(scratch.path()) == 1 ? scratch.read("blob") : "";
    };
    if (commit("first", TempFile::Existing::keep) != "first") _exit(1);
    if (commit("second", TempFile::Existing::keep) != "first") _exit(2);
    if (commit("third", TempFile::Existing::replace) != "third") _exit(3);
    { TempFile(dir.get(), "blob").write("dropped"); }
    _exit(count_names(scratch.path()) == 1 ? 0 : 4);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("a directory isn't replaced by a file, and the error names the file") {
  const Scratch scratch;
  const sys::Fd dir = directory(scratch.path());
  std::filesystem::create_directory(scratch.path("taken"));
  {
    TempFile file(dir.get(), "the blob");
    CHECK(error_of([&] { file.commit("taken", TempFile::Existing::replace); }) ==
          "failure: cannot create 'the blob': is a directory");
  }
  CHECK(count_names(scratch.path()) == 1);
}

TEST_CASE("a write that fails half way leaves the old file") {
  const Scratch scratch;
  scratch.write("file", "old");
  {
    const FileSizeLimit limit(1000);
    CHECK(error_of([&] { sys::write_file_atomic(scratch.path("file"), std::string(2000, 'x')); }) ==
          "failure: cannot write '" + scratch.path("file") + "': file too large");
  }
  CHECK(scratch.read("file") == "old");
  CHECK(count_names(scratch.path()) == 1);
}

TEST_CASE("a large file comes out whole") {
  const Scratch scratch;
  const sys::Fd dir = directory(scratch.path());
  TempFile file(dir.get(), "large");
  std::string expected;
  for (char c = 'a'; c < 'g'; ++c) {
    const std::string part(3 * MiB, c);
    file.write(part);
    expected += part;
  }
  file.commit("large", TempFile::Existing::keep);
  CHECK(sys::read_file(scratch.path("large"), 32 * MiB) == expected);
}

TEST_CASE("a path from the root is where it led from here") {
  CHECK(sys::absolute_path("/a/../b") == "/a/../b");
  CHECK(sys::absolute_path("a") == std::filesystem::current_path().string() + "/a");
  CHECK(sys::absolute_path("../a") == std::filesystem::current_path().string() + "/../a");
}

TEST_CASE("a file is replaced in one step, its directory must be there") {
  const Scratch scratch;
  sys::write_file_atomic(scratch.path("file"), "one", 0600);
  sys::write_file_atomic(scratch.path("file"), "two", 0644);
  CHECK(scratch.read("file") == "two");
  CHECK(mode_of(scratch.path("file")) == 0644);
  CHECK(error_of([&] { sys::write_file_atomic(scratch.path("no/file"), "x"); }) ==
        "not_found: cannot open '" + scratch.path("no") + "': no such file or directory");
}
