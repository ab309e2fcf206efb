// SPDX-License-Identifier: Apache-2.0
// What tests and benchmarks run in a sandbox: static, so that it needs nothing beside it.
//
//     sandbox-payload true
//     sandbox-payload stamp            prints CLOCK_MONOTONIC in ns as the last thing that it does
//     sandbox-payload touch MIB        writes to each page of that much memory
//     sandbox-payload detach N [WORD]  N daemons, deaf to signals, then "ready", then waits for ever
//     sandbox-payload bomb [WORD]      forks as fast as it can: daemons that do the same, deaf to signals
//     sandbox-payload fds              the numbers of its open descriptors
//     sandbox-payload write PATH..     tries to open each for writing: "PATH: done" or why not
//     sandbox-payload type TEXT        pushes TEXT into the terminal that it has as fd 0
//
// WORD is not looked at: it marks the processes for whoever looks for survivors.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int stamp(void) {
  char text[32];
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int size = snprintf(text, sizeof text, "%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
  _exit(write(1, text, (size_t)size) == size ? 0 : 1);
}

static int touch(long mebibytes) {
  const size_t size = (size_t)mebibytes << 20;
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (size_t at = 0; at < size; at += 4096) memory[at] = 1;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("%ld\n", used.ru_maxrss);
  return 0;
}

static void be_deaf(void) {
  for (int number = 1; number < 32; ++number) signal(number, SIG_IGN);
}

// A grandchild in a session of its own, whose parent is gone. Returns 0 in it, 1 in the caller, -1 if there is none.
static int daemonize(void) {
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    setsid();
    const pid_t grandchild = fork();
    if (grandchild == 0) return 0;
    _exit(grandchild < 0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status == 0 ? 1 : -1;
}

static int detach(long count) {
  for (long i = 0; i < count; ++i) {
    const int side = daemonize();
    if (side < 0) return 1;
    if (side > 0) continue;
    be_deaf();
    for (;;) pause();
  }
  if (write(1, "ready\n", 6) != 6) return 1;
  for (;;) pause();
}

static _Noreturn void bomb(void) {
  const struct timespec moment = {0, 1000000};
  be_deaf();
  signal(SIGCHLD, SIG_DFL);
  for (;;)
    if (daemonize() < 0) nanosleep(&moment, NULL);
}

static int list_fds(void) {
  for (int fd = 0; fd < 65536; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) printf("%d\n", fd);
  return 0;
}

static int try_writing(char** paths) {
  for (; *paths; ++paths) {
    const int fd = open(*paths, O_WRONLY | O_CLOEXEC);
    printf("%s: %s\n", *paths, fd < 0 ? strerror(errno) : "done");
    if (fd >= 0) close(fd);
  }
  return 0;
}

static int type_in(const char* text) {
  for (; *text; ++text)
    if (ioctl(0, TIOCSTI, text) != 0) {
      printf("%s\n", strerror(errno));
      return 1;
    }
  return 0;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  const char* value = argc > 2 ? argv[2] : "";
  if (strcmp(what, "true") == 0) return 0;
  if (strcmp(what, "stamp") == 0) return stamp();
  if (strcmp(what, "touch") == 0) return touch(atol(value));
  if (strcmp(what, "detach") == 0) return detach(atol(value));
  if (strcmp(what, "bomb") == 0) bomb();
  if (strcmp(what, "fds") == 0) return list_fds();
  if (strcmp(what, "write") == 0) return try_writing(argv + 2);
  if (strcmp(what, "type") == 0) return type_in(value);
  fprintf(stderr, "sandbox-payload: unknown word '%s'\n", what);
  return 101;
}
