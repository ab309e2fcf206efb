// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "sys/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fn;

namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

bool is_dev_null(int fd) {
  struct stat status {};
  struct stat null {};
  return fstat(fd, &status) == 0 && stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev;
}

}  // namespace

TEST_CASE("an error of the system says why in lower case, and what to do") {
  CHECK(error_of([] { sys::fail_errno(ENOSPC, "cannot write 'x'"); }) ==
        "failure: cannot write 'x': no space left on device (free some space there, or use another file system)");
  CHECK(error_of([] { sys::fail_errno(EIO, "cannot read 'x'"); }) == "failure: cannot read 'x': input/output error");
  CHECK(error_of([] { sys::fail_errno(EACCES, "cannot open 'x'"); }) ==
        "unsupported: cannot open 'x': permission denied (check its owner and permissions, and those of the "
        "directories above)");
  CHECK(error_of([] { sys::fail_errno(EPERM, "cannot mount 'x'"); }) ==
        "unsupported: cannot mount 'x': operation not permitted");
  CHECK(error_of([] { sys::fail_errno(EROFS, "cannot open 'x'"); }) ==
        "failure: cannot open 'x': read-only file system (use a file system that is mounted read-write)");
  CHECK(error_of([] { sys::fail_errno(EMFILE, "cannot open 'x'"); }) ==
        "failure: cannot open 'x': too many open files (raise the limit on open files, for example with 'ulimit -n "
        "4096')");
  CHECK(error_of([] { sys::fail_errno(EDQUOT, "cannot write 'x'"); }) ==
        "failure: cannot write 'x': disk quota exceeded (your disk quota is exceeded: free some space, or use "
        "another file system)");
}

TEST_CASE("a checked call gives its result or its reason") {
  CHECK(sys::check(5, "cannot count") == 5);
  CHECK(error_of([] { sys::check(close(-1), "cannot close {}", -1); }) ==
        "failure: cannot close -1: bad file descriptor");
}

TEST_CASE("a descriptor is closed with its owner, once") {
  sys::Pipe pipe = sys::make_pipe();
  const int number = pipe.read.get();
  {
    const sys::Fd moved(std::move(pipe.read));
    CHECK_FALSE(pipe.read);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("an assigned descriptor replaces the old one") {
  sys::Pipe pipe = sys::make_pipe();
  const int old = pipe.read.get();
  const int kept = pipe.write.get();
  pipe.read = sys::Fd(pipe.write.release());
  CHECK_FALSE(is_open(old));
  CHECK(pipe.read.get() == kept);
}

TEST_CASE("no descriptor of ours reaches another program") {
  const sys::Pipe pipe = sys::make_pipe();
  const sys::Fd copy = pipe.read.duplicate();
  for (const int fd : {pipe.read.get(), pipe.write.get(), copy.get()}) CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("closing reports what the disk says") {
  sys::Fd fine(open("/dev/null", O_RDONLY | O_CLOEXEC));
  fine.close("x");
  CHECK_FALSE(fine);
  sys::Fd gone(open("/dev/null", O_RDONLY | O_CLOEXEC));
  close(gone.get());
  CHECK(error_of([&] { gone.close("a\nb"); }) == "failure: cannot write 'a\\nb': bad file descriptor");
}

TEST_CASE("a program that is started without standard streams writes into none of its files") {
  const pid_t child = fork();
  if (child == 0) {
    for (const int fd : {0, 1, 2}) close(fd);
    sys::reopen_standard_streams();
    const bool good = is_dev_null(0) && is_dev_null(1) && is_dev_null(2);
    const bool kept = (fcntl(0, F_GETFD) & FD_CLOEXEC) == 0;
    const bool loses_no_answer = write(1, "x", 1) < 0 && write(2, "x", 1) == 1;
    _exit(good && kept && loses_no_answer ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
