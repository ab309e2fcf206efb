// SPDX-License-Identifier: Apache-2.0
// The proof: the kernel names the socket at the other end (sys/tcp_peers.hpp), and a process in the pid namespace of
// the sandbox's init has a descriptor of that name. Who holds it may change hands, by fork or by unix sockets; what
// counts is that somebody inside has it.
//
// The processes are listed by the sandbox's own /proc: it has no others, so the answer "nobody" costs little on a host
// of thousands. Names of sockets are 32 bits and come round after four thousand million of them, which a stranger could
// wait for: so the socket must also be of the user who runs the process.
#include "sandbox/peer_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace fn::sandbox {
namespace {

// So that a sandbox can't keep its supervisor busy by having very many processes and descriptors. More than 4096 of one
// process, and a tenth of a second.
constexpr int max_descriptors = 50'000;

// Names of digits alone: processes, threads, descriptors.
std::vector<std::string> numbers_in(int folder, const std::string& path) {
  std::vector<std::string> names;
  sys::Fd opened(openat(folder, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opened ? fdopendir(opened.get()) : nullptr, closedir);
  if (!dir) return names;
  opened.release();
  while (const dirent* entry = readdir(dir.get()))
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) names.emplace_back(entry->d_name);
  return names;
}

struct stat namespace_of(int process) {
  struct stat status {};
  fstatat(process, "ns/pid", &status, 0);
  return status;
}

// The sandbox's /proc, or ours where it has a substitute.
sys::Fd open_proc(int init) {
  sys::Fd inside(openat(init, "root/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct statfs status {};
  if (inside && fstatfs(inside.get(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC) return inside;
  return sys::Fd(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

class Search {
 public:
  Search(int init, const sys::TcpPeers::Socket& socket)
      : proc_(open_proc(init)),
        namespace_(namespace_of(init)),
        user_(socket.user),
        link_(fmt::format("socket:[{}]", socket.inode)) {}

  // Most threads share the descriptors of their process: each by itself is looked at last.
  bool run() {
    const std::vector<std::string> processes = numbers_in(proc_.get(), ".");
    const auto any = [&](bool threads) {
      return std::any_of(processes.begin(), processes.end(),
                         [&](const std::string& pid) { return is_holder(pid, threads); });
    };
    return namespace_.st_ino != 0 && (any(false) || any(true));
  }

 private:
  bool is_holder(const std::string& pid, bool threads) {
    // A folder stands for this process for ever, whoever gets its number.
    const sys::Fd process(openat(proc_.get(), pid.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!process || fstat(process.get(), &status) != 0 || status.st_uid != user_) return false;
    const struct stat its_namespace = namespace_of(process.get());
    if (its_namespace.st_ino != namespace_.st_ino || its_namespace.st_dev != namespace_.st_dev) return false;
    if (!threads) return has_socket(process.get(), "fd");
    const std::vector<std::string> tasks = numbers_in(process.get(), "task");
    return std::any_of(tasks.begin(), tasks.end(), [&](const std::string& task) {
      return task != pid && has_socket(process.get(), fmt::format("task/{}/fd", task));
    });
  }

  bool has_socket(int process, const std::string& table) {
    if (left_ <= 0) return false;
    std::array<char, 64> target;
    for (const std::string& descriptor : numbers_in(process, table)) {
      if (--left_ < 0) return false;
      // Only read, never followed: what it leads to may be on a file system that does not answer.
      const ssize_t size = readlinkat(process, (table + "/" + descriptor).c_str(), target.data(), target.size());
      if (size > 0 && std::string_view(target.data(), static_cast<std::size_t>(size)) == link_) return true;
    }
    return false;
  }

  sys::Fd proc_;
  struct stat namespace_;
  uid_t user_;
  std::string link_;
  int left_ = max_descriptors;
};

}  // namespace

PeerCheck::PeerCheck(pid_t init, int listener)
    : peers_(listener), init_(open(fmt::format("/proc/{}", init).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

bool PeerCheck::is_inside(const sockaddr& from) const {
  const auto socket = peers_.find(from);
  return socket && Search(init_.get(), *socket).run();
}

}  // namespace fn::sandbox
