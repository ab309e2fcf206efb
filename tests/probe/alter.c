// SPDX-License-Identifier: Apache-2.0
// What tries to change a file in every way but writing to it: for tests of what crosses the wall of a sandbox.
//
//     alter-probe PATH|N..      each PATH, and what is open as descriptor N
//
// Prints "PATH OPERATION" for each that succeeded, and ends with 0. Nearly all set what is there already, so that a
// host whose wall is missing comes to no harm: the time of the last change tells.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static void tell(const char* name, const char* operation, long result) {
  if (result >= 0) printf("%s %s\n", name, operation);
}

static void by_path(const char* name, const char* path) {
  struct stat status;
  if (stat(path, &status) != 0) return;
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  tell(name, "chmod", chmod(path, status.st_mode & 07777));
  tell(name, "chown", chown(path, status.st_uid, status.st_gid));
  tell(name, "utimes", utimensat(AT_FDCWD, path, times, 0));
  tell(name, "touch", utimensat(AT_FDCWD, path, NULL, 0));
  tell(name, "setxattr", setxattr(path, "user.fn", "x", 1, 0));
  tell(name, "removexattr", removexattr(path, "user.fn"));
  if (S_ISREG(status.st_mode)) tell(name, "truncate", truncate(path, status.st_size));
}

static void by_fd(const char* name, int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return;
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  tell(name, "fchmod", fchmod(fd, status.st_mode & 07777));
  tell(name, "fchown", fchown(fd, status.st_uid, status.st_gid));
  tell(name, "futimens", futimens(fd, times));
  tell(name, "ftouch", futimens(fd, NULL));
  tell(name, "fsetxattr", fsetxattr(fd, "user.fn", "x", 1, 0));
  tell(name, "fremovexattr", fremovexattr(fd, "user.fn"));
  int flags = 0;
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) tell(name, "inode-flags", ioctl(fd, FS_IOC_SETFLAGS, &flags));
  struct fsxattr more;
  if (ioctl(fd, FS_IOC_FSGETXATTR, &more) == 0) tell(name, "inode-attributes", ioctl(fd, FS_IOC_FSSETXATTR, &more));
  tell(name, "read-lease", fcntl(fd, F_SETLEASE, F_RDLCK));
  tell(name, "write-lease", fcntl(fd, F_SETLEASE, F_WRLCK));
  fcntl(fd, F_SETLEASE, F_UNLCK);
}

int main(int argc, char** argv) {
  for (int n = 1; n < argc; ++n) {
    const char* name = argv[n];
    if (name[0] != '/') {
      char path[64];
      snprintf(path, sizeof path, "/proc/self/fd/%s", name);
      by_fd(name, atoi(name));
      by_path(name, path);
      continue;
    }
    by_path(name, name);
    const int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) continue;
    by_fd(name, fd);
    close(fd);
  }
  return 0;
}
