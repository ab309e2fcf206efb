// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "layer_apply_support.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <fmt/format.h>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <vector>

namespace fn::rootfs::test {

using layer::test::apply::Layer;
using Stack = std::vector<Layer>;

// What `body` says in a process of its own; what it throws, or that it died, is said as well.
inline std::string in_child(const std::function<std::string()>& body) {
  sys::Pipe pipe = sys::make_pipe();
  const pid_t pid = fork();
  if (pid == 0) {
    std::string said;
    try {
      said = body();
    } catch (const std::exception& error) {
      said = error.what();
    }
    sys::write_full(pipe.write.get(), said, "pipe");
    _exit(0);
  }
  pipe.write.reset();
  std::string said = sys::read_fd(pipe.read.get(), "pipe", 64 * MiB);
  int status = 0;
  waitpid(pid, &status, 0);
  return status == 0 ? said : said + fmt::format(" (status {})", status);
}

// The same as an ordinary user, if this is root.
inline std::string as_ordinary_user(const std::function<std::string()>& body) {
  return in_child([&] {
    if (geteuid() == 0) {
      sys::check(setresgid(65534, 65534, 65534), "cannot change the group");
      sys::check(setresuid(65534, 65534, 65534), "cannot change the user");
      // Else /proc/self/uid_map belongs to root.
      prctl(PR_SET_DUMPABLE, 1);
    }
    return body();
  });
}

inline void write_proc(const std::string& name, const std::string& text) {
  sys::write_full(sys::open_file("/proc/self/" + name, O_WRONLY).get(), text, name);
}

// As fnrun does it; an ordinary user keeps the own ids, to see the same owners.
inline void enter_namespaces() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  sys::check(unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS), "no namespaces");
  if (uid != 0) {
    write_proc("setgroups", "deny");
    write_proc("uid_map", fmt::format("{0} {0} 1", uid));
    write_proc("gid_map", fmt::format("{0} {0} 1", gid));
  }
  sys::check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "no private mounts");
}

// `names` are directories in `base`, lowest first.
inline void mount_layers(const std::string& base, const std::vector<std::string>& names, const std::string& where) {
  std::filesystem::create_directory(base + "/empty");
  sys::check(chdir(base.c_str()), "cannot enter '{}'", base);
  std::string lower = "empty";
  for (const std::string& name : names) lower.insert(0, name + ':');
  sys::check(mount("overlay", where.c_str(), "overlay", MS_RDONLY, ("lowerdir=" + lower + ",userxattr").c_str()),
             "cannot mount '{}'", lower);
}

inline std::string xattrs_of(const std::string& path) {
  std::string names(65536, '\0');
  names.resize(std::size_t(sys::check(llistxattr(path.c_str(), names.data(), names.size()), "no list of '{}'", path)));
  std::vector<std::string> lines;
  for (const std::string& name : split(names, '\0')) {
    if (name.empty() || name == "security.selinux") continue;
    std::string value(4096, '\0');
    const ssize_t length = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    value.resize(std::size_t(sys::check(length, "no value of '{}' '{}'", path, name)));
    lines.push_back(fmt::format(" {}={}", name, value));
  }
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

inline std::string describe(const std::string& top, const std::string& path) {
  const std::string full = path.empty() ? top : top + '/' + path;
  struct stat status {};
  sys::check(lstat(full.c_str(), &status), "no '{}'", full);
  std::string line = fmt::format("'{}' type {:o}", path, status.st_mode & S_IFMT);
  line += fmt::format(" {}:{} time {}.{}", status.st_uid, status.st_gid, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  if (!S_ISLNK(status.st_mode)) line += fmt::format(" mode {:o}", status.st_mode & 07777);
  if (S_ISREG(status.st_mode)) line += " has " + sys::read_file(full, MiB);
  if (S_ISLNK(status.st_mode)) line += " to " + std::filesystem::read_symlink(full).string();
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) line += fmt::format(" device {}", status.st_rdev);
  return line + xattrs_of(full);
}

// A line for each file, sorted.
inline std::vector<std::string> tree_at(const std::string& top) {
  std::vector<std::string> lines{describe(top, "")};
  for (const auto& each : std::filesystem::recursive_directory_iterator(top))
    lines.push_back(describe(top, each.path().string().substr(top.size() + 1)));
  std::sort(lines.begin(), lines.end());
  return lines;
}

inline std::string first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> only_a;
  std::vector<std::string> only_b;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_a));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_b));
  if (only_a.empty() && only_b.empty()) return {};
  return fmt::format("plain {{{}}} overlay {{{}}}", fmt::join(only_a, "; "), fmt::join(only_b, "; "));
}

inline void apply_to(layer::Applier& applier, const Layer& layer) {
  layer::test::PieceSource source(layer::test::tar_of(layer));
  layer::TarReader reader(source);
  layer::Whiteouts whiteouts;
  for (const auto& member : layer) whiteouts.add(member.entry);
  applier.apply(reader, whiteouts);
}

// The layers in both forms below a directory: "plain", and "0", "1", .. for each layer.
class BothForms {
 public:
  explicit BothForms(std::string base) : base_(std::move(base)) {}

  void make_plain(const Stack& stack) const {
    std::filesystem::create_directory(base_ + "/plain");
    layer::Applier applier(sys::Root::open(base_ + "/plain"), {.as_root = geteuid() == 0, .threads = 1});
    for (const Layer& layer : stack) apply_to(applier, layer);
    applier.finish();
  }

  void make_overlay(const Stack& stack) {
    for (const Layer& layer : stack) {
      std::vector<sys::Root> lower;
      for (auto name = names_.rbegin(); name != names_.rend(); ++name)
        lower.push_back(sys::Root::open(base_ + '/' + *name));
      names_.push_back(fmt::format("{}", names_.size()));
      std::filesystem::create_directory(base_ + '/' + names_.back());
      layer::Applier applier(sys::Root::open(base_ + '/' + names_.back()),
                             {.as_root = geteuid() == 0, .threads = 1, .form = layer::Form::overlay}, std::move(lower));
      apply_to(applier, layer);
      applier.finish();
    }
  }

  // Needs namespaces of its own; the mount goes with them.
  std::string difference() const {
    const std::string merged = base_ + "/merged";
    std::filesystem::create_directory(merged);
    mount_layers(base_, names_, merged);
    return first_difference(tree_at(base_ + "/plain"), tree_at(merged));
  }

 private:
  std::string base_;
  std::vector<std::string> names_;
};

inline std::string refusal_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

// "" if overlayfs shows of each stack what applying its layers to one directory gives, or both forms refuse it for the
// same reason; at least `accepted` must not be refused.
inline std::string difference(const std::vector<Stack>& stacks, std::size_t accepted) {
  const Scratch scratch;
  std::vector<std::pair<std::size_t, BothForms>> made;
  for (std::size_t n = 0; n < stacks.size(); ++n) {
    std::filesystem::create_directory(scratch.path(std::to_string(n)));
    BothForms both(scratch.path(std::to_string(n)));
    const std::string plain = refusal_of([&] { both.make_plain(stacks[n]); });
    const std::string overlay = refusal_of([&] { both.make_overlay(stacks[n]); });
    if (plain != overlay) return fmt::format("stack {}: plain refuses {{{}}}, overlay {{{}}}", n, plain, overlay);
    if (plain.empty()) made.emplace_back(n, std::move(both));
  }
  if (made.size() < accepted) return fmt::format("only {} stacks are not refused", made.size());
  return in_child([&] {
    enter_namespaces();
    for (const auto& [n, both] : made)
      if (const std::string found = both.difference(); !found.empty()) return fmt::format("stack {}: {}", n, found);
    return std::string();
  });
}

}  // namespace fn::rootfs::test
