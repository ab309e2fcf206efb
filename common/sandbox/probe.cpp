// SPDX-License-Identifier: Apache-2.0
#include "sandbox/probe.hpp"

#include "sys/fd.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace fn::sandbox {
namespace {

// Children know the literals of their parent, so a Trial is sent as it is.
class Experiment {
 public:
  explicit Experiment(int result) : result_(result) {}

  // Ends the child if it failed.
  void must(const char* step, long outcome) const {
    if (outcome < 0) end({.step = step, .error = errno});
  }
  [[noreturn]] void end(const Trial& trial) const {
    const bool sent = write(result_, &trial, sizeof trial) == ssize_t(sizeof trial);
    _exit(sent ? 0 : 1);
  }

 private:
  int result_;
};

long write_line(const char* path, const char* text) {
  const sys::Fd file(open(path, O_WRONLY | O_CLOEXEC));
  return file ? write(file.get(), text, std::strlen(text)) : -1;
}

void enter(const Experiment& experiment, As as, int namespaces) {
  std::array<char, 32> uids{};
  std::array<char, 32> gids{};
  fmt::format_to_n(uids.data(), uids.size() - 1, "0 {} 1", geteuid());
  fmt::format_to_n(gids.data(), gids.size() - 1, "0 {} 1", getegid());
  if (as == As::user) {
    experiment.must("make a user namespace", unshare(CLONE_NEWUSER));
    experiment.must("write its id maps", write_line("/proc/self/setgroups", "deny"));
    experiment.must("write its id maps", write_line("/proc/self/gid_map", gids.data()));
    experiment.must("write its id maps", write_line("/proc/self/uid_map", uids.data()));
  }
  experiment.must("make a namespace in it", unshare(namespaces));
}

// A tmpfs on some directory becomes the current one.
void mount_scratch(const Experiment& experiment) {
  experiment.must("make mounts private", mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  for (const char* place : {"/mnt", "/media", "/srv", "/opt", "/tmp"}) {
    struct stat status {};
    if (lstat(place, &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    experiment.must("mount a tmpfs", mount("fn", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m"));
    return experiment.must("enter it", chdir(place));
  }
  experiment.end({.step = "find a directory to mount on", .error = ENOENT});
}

template <typename Body>
Trial attempt(const Body& body) {
  sys::Pipe pipe = sys::make_pipe();
  const pid_t child = sys::check(fork(), "cannot start a process");
  if (child == 0) {
    const Experiment experiment(pipe.write.get());
    body(experiment);
    experiment.end({});
  }
  pipe.write.reset();
  Trial trial;
  ssize_t got = 0;
  while ((got = read(pipe.read.get(), &trial, sizeof trial)) < 0 && errno == EINTR) continue;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return got == ssize_t(sizeof trial) ? trial : Trial{.step = "stay alive", .error = ECHILD};
}

}  // namespace

Trial try_mount(As as) {
  return attempt([as](const Experiment& experiment) {
    enter(experiment, as, CLONE_NEWNS);
    mount_scratch(experiment);
  });
}

Trial try_overlay(As as) {
  return attempt([as](const Experiment& experiment) {
    enter(experiment, as, CLONE_NEWNS);
    mount_scratch(experiment);
    for (const char* name : {"lower", "upper", "work", "root"}) experiment.must("make a directory", mkdir(name, 0755));
    experiment.must("mount an overlay", mount("fn", "root", "overlay", MS_NOSUID | MS_NODEV,
                                              "userxattr,lowerdir=lower,upperdir=upper,workdir=work"));
  });
}

Trial try_proc(As as) {
  return attempt([as](const Experiment& experiment) {
    enter(experiment, as, CLONE_NEWNS | CLONE_NEWPID);
    mount_scratch(experiment);
    // A pid namespace takes only children in; this one is its init and answers instead of us.
    const pid_t init = fork();
    experiment.must("start a process in it", init);
    if (init > 0) {
      waitpid(init, nullptr, 0);
      _exit(0);
    }
    experiment.must("make a directory", mkdir("proc", 0755));
    experiment.must("mount a fresh proc", mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
  });
}

Trial try_network(As as) {
  return attempt([as](const Experiment& experiment) { enter(experiment, as, CLONE_NEWNET); });
}

Trial try_time(As as) {
  return attempt([as](const Experiment& experiment) { enter(experiment, as, CLONE_NEWTIME); });
}

}  // namespace fn::sandbox
