// SPDX-License-Identifier: Apache-2.0
// What a host allows is found out by trying. Each trial is a forked child that enters new namespaces, does the one
// thing in question, and sends a ProbeResult through a pipe: nothing, or the step that failed and its errno. A child
// that sends nothing counts as one that could not stay alive. The parent waits until it has ended.
//
// Mounts are made private before the first one is made, and all are gone with the child's namespaces: a trial must
// never change anything that others can see. The child ends by _exit() and never returns into the caller's code.
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

// Children know the literals of their parent, so a result is sent as it is.
class Experiment {
 public:
  explicit Experiment(int result) : result_(result) {}

  // Ends the child if it failed.
  void must(const char* step, long outcome) const {
    if (outcome < 0) end({.step = step, .error = errno});
  }
  [[noreturn]] void end(const ProbeResult& result) const {
    const bool sent = write(result_, &result, sizeof result) == ssize_t(sizeof result);
    _exit(sent ? 0 : 1);
  }

 private:
  int result_;
};

long write_line(const char* path, const char* text) {
  const sys::Fd file(open(path, O_WRONLY | O_CLOEXEC));
  return file ? write(file.get(), text, std::strlen(text)) : -1;
}

void enter(const Experiment& experiment, Privilege privilege, int namespaces) {
  std::array<char, 32> uids{};
  std::array<char, 32> gids{};
  fmt::format_to_n(uids.data(), uids.size() - 1, "0 {} 1", geteuid());
  fmt::format_to_n(gids.data(), gids.size() - 1, "0 {} 1", getegid());
  if (privilege == Privilege::user) {
    experiment.must("create a user namespace", unshare(CLONE_NEWUSER));
    experiment.must("write its id maps", write_line("/proc/self/setgroups", "deny"));
    experiment.must("write its id maps", write_line("/proc/self/gid_map", gids.data()));
    experiment.must("write its id maps", write_line("/proc/self/uid_map", uids.data()));
  }
  experiment.must("create a namespace in it", unshare(namespaces));
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
  experiment.end({.step = "find a mount point", .error = ENOENT});
}

template <typename Body>
ProbeResult attempt(const Body& body) {
  sys::Pipe pipe = sys::make_pipe();
  const pid_t child = sys::check(fork(), "cannot start a process");
  if (child == 0) {
    const Experiment experiment(pipe.write.get());
    body(experiment);
    experiment.end({});
  }
  pipe.write.reset();
  ProbeResult result;
  ssize_t got = 0;
  while ((got = read(pipe.read.get(), &result, sizeof result)) < 0 && errno == EINTR) continue;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return got == ssize_t(sizeof result) ? result : ProbeResult{.step = "stay alive", .error = ECHILD};
}

}  // namespace

ProbeResult try_mount(Privilege privilege) {
  return attempt([privilege](const Experiment& experiment) {
    enter(experiment, privilege, CLONE_NEWNS);
    mount_scratch(experiment);
  });
}

ProbeResult try_overlay(Privilege privilege) {
  return attempt([privilege](const Experiment& experiment) {
    enter(experiment, privilege, CLONE_NEWNS);
    mount_scratch(experiment);
    for (const char* name : {"lower", "upper", "work", "root"})
      experiment.must("create a directory", mkdir(name, 0755));
    experiment.must("mount an overlay", mount("fn", "root", "overlay", MS_NOSUID | MS_NODEV,
                                              "userxattr,lowerdir=lower,upperdir=upper,workdir=work"));
  });
}

ProbeResult try_proc(Privilege privilege) {
  return attempt([privilege](const Experiment& experiment) {
    enter(experiment, privilege, CLONE_NEWNS | CLONE_NEWPID);
    mount_scratch(experiment);
    // A pid namespace takes only children in; this one is its init and answers instead of us.
    const pid_t init = fork();
    experiment.must("start a process in it", init);
    if (init > 0) {
      waitpid(init, nullptr, 0);
      _exit(0);
    }
    experiment.must("create a directory", mkdir("proc", 0755));
    experiment.must("mount a fresh proc", mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
  });
}

ProbeResult try_network(Privilege privilege) {
  return attempt([privilege](const Experiment& experiment) { enter(experiment, privilege, CLONE_NEWNET); });
}

ProbeResult try_time(Privilege privilege) {
  return attempt([privilege](const Experiment& experiment) { enter(experiment, privilege, CLONE_NEWTIME); });
}

}  // namespace fn::sandbox
