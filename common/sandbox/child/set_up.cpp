// SPDX-License-Identifier: Apache-2.0
// What each step of Plan::beside (first_process.cpp), Plan::opening and Plan::setup (build_root.cpp) does. The rules of
// child/ hold. Every function returns 0 or more, or -errno, and closes what it opened.
//
// Until pivot the host's files can be seen: absolute names are the host's, relative ones lie in the scratch tmpfs,
// where "root" is the root to be and "dev", "tmp", "skel" are what goes into it or on it.
//
// A name that the image controls must never lead a mount elsewhere. So a place is opened first, by openat2(2) that
// follows no link or stays inside the root, and the mount is moved onto that descriptor. A tree of the host's is copied
// and gets its attributes (nosuid, nodev, perhaps read-only) before it is attached anywhere.
#include "sandbox/child/set_up.hpp"

#include "sandbox/child/set_up_network.hpp"
#include "sys/raw_syscall.hpp"

#include <arpa/inet.h>
#include <asm/ioctls.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#ifndef MS_RDONLY
#define MS_RDONLY 1
#endif

namespace fn::sandbox {

using sys::raw_syscall;

namespace {

// mount(2); <sys/mount.h> and <linux/mount.h> can't be had together with glibc before 2.37.
constexpr unsigned long ms_read_only = 1;
constexpr unsigned long ms_no_suid = 2;
constexpr unsigned long ms_no_devices = 4;
constexpr unsigned long ms_no_exec = 8;
constexpr unsigned long ms_recursive = 16384;
constexpr unsigned long ms_private = 1UL << 18;
constexpr unsigned long umount_detach = 2;
constexpr std::size_t page = 4096;  // mount(2) takes no more than a page of options

long mount(const char* source, const char* target, const char* type, unsigned long flags, const char* data) {
  return raw_syscall(SYS_mount, source, target, type, flags, data);
}

long close_after(long fd, long result) {
  raw_syscall(SYS_close, fd);
  return result;
}

long scratch(const Operation& operation) {
  const long mounted =
      mount("fn", operation.target.c_str(), "tmpfs", ms_no_suid | ms_no_devices, operation.source.c_str());
  return mounted < 0 ? mounted : raw_syscall(SYS_chdir, operation.target.c_str());
}

long make_directory(const Operation& operation) {
  const long made = raw_syscall(SYS_mkdirat, AT_FDCWD, operation.target.c_str(), operation.number);
  return made == -EEXIST ? 0 : made;
}

long make_file(const Operation& operation) {
  const long fd =
      raw_syscall(SYS_openat, AT_FDCWD, operation.target.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return fd;
  if (operation.source.empty()) return close_after(fd, 0);
  // A tmpfs takes all or has no room.
  const long written = raw_syscall(SYS_write, fd, operation.source.c_str(), operation.source.size());
  if (written < 0) return close_after(fd, written);
  return close_after(fd, static_cast<std::size_t>(written) == operation.source.size() ? 0 : -ENOSPC);
}

// One option of overlayfs by fsconfig(2), where all of them together are too long for mount(2). "lowerdir+" is known
// since Linux 6.5.
long configure(long context, const char* name, std::size_t name_size, const char* value, std::size_t value_size) {
  char key[16] = {};
  char text[256] = {};
  if (name_size >= sizeof key || value_size >= sizeof text) return -ENAMETOOLONG;
  std::memcpy(key, name, name_size);
  std::memcpy(text, value, value_size);
  return raw_syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, text, 0);
}

long configure_overlay(long context, const std::string& options) {
  long done = raw_syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "userxattr", nullptr, 0);
  const char* next = std::strchr(options.c_str(), '=') + 1;
  const char* end = std::strchr(next, ',');
  if (end == nullptr) end = options.c_str() + options.size();
  while (done >= 0 && next < end) {
    const void* colon = std::memchr(next, ':', static_cast<std::size_t>(end - next));
    const char* stop = colon != nullptr ? static_cast<const char*>(colon) : end;
    done = configure(context, "lowerdir+", 9, next, static_cast<std::size_t>(stop - next));
    next = stop + 1;
  }
  for (next = end; done >= 0 && *next == ',';) {
    const char* name = next + 1;
    const char* equal = std::strchr(name, '=');
    const char* stop = std::strchr(equal, ',');
    if (stop == nullptr) stop = equal + std::strlen(equal);
    done = configure(context, name, static_cast<std::size_t>(equal - name), equal + 1,
                     static_cast<std::size_t>(stop - equal - 1));
    next = stop;
  }
  return done < 0 ? done : raw_syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
}

long overlay_by_options(const std::string& options, const char* target, unsigned attributes) {
  const long context = raw_syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
  if (context < 0) return context;
  if (const long done = configure_overlay(context, options); done < 0) return close_after(context, done);
  const long made = close_after(context, raw_syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
  if (made < 0) return made;
  return close_after(made, raw_syscall(SYS_move_mount, made, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH));
}

long overlay_root(const Launch& launch, const Operation& operation) {
  const char* scratch_path = launch.plan.opening.back().target.c_str();
  char target[64] = {};
  std::strncpy(target, scratch_path, sizeof target - 8);
  std::strcat(target, "/root");
  // The names of the layers are short because they are relative.
  if (const long moved = raw_syscall(SYS_chdir, operation.target.c_str()); moved < 0) return moved;
  const bool writable = operation.number == 1;
  long result = 0;
  if (operation.source.size() < page)
    result = mount("fn", target, "overlay", ms_no_suid | ms_no_devices | (writable ? 0 : ms_read_only),
                   operation.source.c_str());
  else
    result = overlay_by_options(operation.source, target,
                                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (writable ? 0U : MOUNT_ATTR_RDONLY));
  const long back = raw_syscall(SYS_chdir, scratch_path);
  return result < 0 ? result : back;
}

// Adds attributes to those that the mounts of a tree have. Closes the tree if that fails.
long with_attributes(long tree, std::uint64_t attributes) {
  if (tree < 0 || attributes == 0) return tree;
  mount_attr change{};
  change.attr_set = attributes;
  const long set = raw_syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change);
  return set < 0 ? close_after(tree, set) : tree;
}

// A copy of a part of the tree that we see, to be attached elsewhere.
long clone_tree(const char* source, std::uint64_t attributes) {
  return with_attributes(
      raw_syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE), attributes);
}

long bind_root(const Operation& operation) {
  const long tree = clone_tree(operation.target.c_str(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY);
  if (tree < 0) return tree;
  return close_after(tree, raw_syscall(SYS_move_mount, tree, "", AT_FDCWD, "root", MOVE_MOUNT_F_EMPTY_PATH));
}

// Attaches the tree to what `place` is; closes both.
long attach_after(long tree, long place) {
  if (tree < 0) return close_after(place, tree);
  const long moved =
      raw_syscall(SYS_move_mount, tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  raw_syscall(SYS_close, tree);
  return close_after(place, moved);
}

// What `target` is at this moment, which must not be a link. A bound root may be changed by others meanwhile.
long open_place(const char* target) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return raw_syscall(SYS_openat2, AT_FDCWD, target, &how, sizeof how);
}

// With all that is mounted in it.
long bind_scratch(const Operation& operation) {
  const long place = open_place(operation.target.c_str());
  if (place < 0) return place;
  return attach_after(clone_tree(operation.source.c_str(), operation.number == 1 ? MOUNT_ATTR_RDONLY : 0U), place);
}

long mount_proc(const char* target) {
  const long place = open_place(target);
  if (place < 0) return place;
  char path[32] = "/proc/self/fd/";
  char* digits = path + std::strlen(path);
  for (long unit = place >= 100 ? 100 : place >= 10 ? 10 : 1; unit > 0; unit /= 10)
    *digits++ = static_cast<char>('0' + place / unit % 10);
  return close_after(place,
                     mount("proc", path, "proc", ms_no_suid | ms_no_devices | ms_no_exec | ms_read_only, nullptr));
}

// The device itself is looked at, not its name: in a container "/dev/null" may be anything (CVE-2025-31133). Read-only
// is the node, whose mode, owner and times are the host's; what is read from and written to the device is not.
long device(const Operation& operation) {
  const long tree = with_attributes(raw_syscall(SYS_open_tree, AT_FDCWD, operation.source.c_str(),
                                                OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW),
                                    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
  if (tree < 0) return tree;
  struct stat status {};
  if (const long looked = raw_syscall(SYS_fstat, tree, &status); looked < 0) return close_after(tree, looked);
  if (!S_ISCHR(status.st_mode) || status.st_rdev != operation.number) return close_after(tree, -ENODEV);
  return close_after(
      tree, raw_syscall(SYS_move_mount, tree, "", AT_FDCWD, operation.target.c_str(), MOVE_MOUNT_F_EMPTY_PATH));
}

long proc(Launch& launch, const Operation& operation) {
  const long mounted = mount_proc(operation.target.c_str());
  // Parts of the /proc that we see are hidden from us, so the kernel refuses a fresh one (mount_too_revealing()).
  if (mounted != -EPERM || operation.number == 1) return mounted;
  for (const Operation& instead : launch.plan.proc_substitute)
    if (const long result = set_up(launch, instead); result < 0) return result;
  launch.proc_refused = true;
  return 0;
}

long bind_host(const Operation& operation) {
  const long tree = clone_tree(operation.source.c_str(),
                               MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (operation.number == 1 ? MOUNT_ATTR_RDONLY : 0U));
  if (tree < 0) return tree;
  // Links of the image lead to its own files only, and what is found is mounted on by descriptor: nothing can be
  // swapped in between (CVE-2021-30465).
  const long root = raw_syscall(SYS_openat, AT_FDCWD, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return close_after(tree, root);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long place = close_after(root, raw_syscall(SYS_openat2, root, operation.target.c_str(), &how, sizeof how));
  if (place < 0) return close_after(tree, place);
  return attach_after(tree, place);
}

long pivot() {
  if (const long moved = raw_syscall(SYS_chdir, "root"); moved < 0) return moved;
  if (const long turned = raw_syscall(SYS_pivot_root, ".", "."); turned < 0) return turned;
  // The old root lies on the new one now.
  if (const long gone = raw_syscall(SYS_umount2, ".", umount_detach); gone < 0) return gone;
  return raw_syscall(SYS_chdir, "/");
}

// One descriptor in one message (unix(7), SCM_RIGHTS).
long hand_over(int socket, long fd) {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int number = static_cast<int>(fd);
  std::memcpy(CMSG_DATA(header), &number, sizeof number);
  const long sent = raw_syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
  return sent < 0 ? sent : 0;
}

long listen(const Launch& launch, const Operation& operation) {
  const long fd = raw_syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fd;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = __builtin_bswap16(static_cast<std::uint16_t>(operation.number));
  address.sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK);
  long result = raw_syscall(SYS_bind, fd, &address, sizeof address);
  if (result >= 0) result = raw_syscall(SYS_listen, fd, 128);
  if (result >= 0) result = hand_over(launch.handoff, fd);
  return close_after(fd, result);
}

long open_terminal(Launch& launch) {
  const long master = raw_syscall(SYS_openat, AT_FDCWD, "root/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return master;
  int locked = 0;
  if (const long unlocked = raw_syscall(SYS_ioctl, master, TIOCSPTLCK, &locked); unlocked < 0)
    return close_after(master, unlocked);
  const long slave = raw_syscall(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return close_after(master, slave);
  launch.terminal = static_cast<int>(slave);
  return close_after(master, hand_over(launch.handoff, master));
}

// Remembers what was made, so that the command's process joins it.
long make_namespace(Launch& launch, unsigned long kind) {
  const long made = raw_syscall(SYS_unshare, kind);
  if (made >= 0) launch.made_beside |= kind;
  return made;
}

// The first process is number 1 here, and perhaps init already.
long join_first(Launch& launch) {
  launch.beside.wait();
  if (launch.made_beside == 0) return 0;
  const long first = raw_syscall(SYS_pidfd_open, 1, 0);
  if (first < 0) return first;
  return close_after(first, raw_syscall(SYS_setns, first, launch.made_beside));
}

}  // namespace

long join_cgroups(Launch& launch) {
  launch.groups.wait();
  for (const std::string& file : launch.task_files) {
    const long fd = raw_syscall(SYS_openat, AT_FDCWD, file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fd;
    if (const long written = close_after(fd, raw_syscall(SYS_write, fd, "0", 1)); written < 0) return written;
  }
  return 0;
}

long set_up(Launch& launch, const Operation& operation) {
  const char* source = operation.source.c_str();
  const char* target = operation.target.c_str();
  switch (operation.step) {
    case Step::private_mounts:
      return mount(nullptr, "/", nullptr, ms_recursive | ms_private, nullptr);
    case Step::scratch:
      return scratch(operation);
    case Step::make_directory:
      return make_directory(operation);
    case Step::make_file:
      return make_file(operation);
    case Step::make_link:
      return raw_syscall(SYS_symlinkat, source, AT_FDCWD, target);
    case Step::overlay_root:
      return overlay_root(launch, operation);
    case Step::device:
      return device(operation);
    case Step::bind_root:
      return bind_root(operation);
    case Step::bind_scratch:
      return bind_scratch(operation);
    case Step::terminals:
      return mount("devpts", target, "devpts", ms_no_suid | ms_no_exec, "newinstance,ptmxmode=0666,mode=0620,max=256");
    case Step::proc:
      return proc(launch, operation);
    case Step::bind_host:
      return bind_host(operation);
    case Step::pivot:
      return pivot();
    case Step::host_name:
      return raw_syscall(SYS_sethostname, source, operation.source.size());
    case Step::loopback:
      return raise_loopback();
    case Step::listen:
      return listen(launch, operation);
    case Step::open_terminal:
      return open_terminal(launch);
    case Step::join_cgroups:
      return join_cgroups(launch);
    case Step::join_first:
      return join_first(launch);
    case Step::network_namespace:
      return make_namespace(launch, CLONE_NEWNET);
    case Step::cgroup_namespace:
      return make_namespace(launch, CLONE_NEWCGROUP);
    default:
      return -EINVAL;
  }
}

}  // namespace fn::sandbox
