// SPDX-License-Identifier: Apache-2.0
// A program is started by fork and exec. All that the child needs (argv, environment, descriptors) is made before;
// between the two the child only makes system calls, since any lock may be held by a thread that it does not have. It
// gets three streams, no other descriptor, and an empty signal mask.
//
// What goes wrong before exec travels through a pipe that exec closes: spawn() returns when the program runs, or throws
// what kept it from running. A Process that is destroyed kills its child and waits for it, so none is left behind; the
// pidfd makes sure that the signal meets no other process.
#include "sys/process.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace fn::sys {
namespace {

enum class Step : int { descriptors, standard_input, standard_output, standard_error, execute };

// What travels through the pipe between the fork and the exec.
struct Trouble {
  Step step;
  int error;
};

std::string_view describe(Step step) {
  switch (step) {
    case Step::standard_input:
      return "cannot connect its stdin";
    case Step::standard_output:
      return "cannot connect its stdout";
    case Step::standard_error:
      return "cannot connect its stderr";
    case Step::descriptors:
      return "cannot close inherited descriptors";
    case Step::execute:
      break;
  }
  return "exec failed";
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& each : strings) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The life of the child up to exec. Another thread may have held any lock at the moment of the fork, so that nothing
// here may allocate, throw or call more than the kernel.
class Child {
 public:
  Child(const Process::Options& options, int report) : streams_(streams_of(options)), report_(report) {}

  [[noreturn]] void run(char* const* argv, char* const* environment) {
    move_streams();
    close_the_rest();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(argv[0], argv, environment);
    give_up(Step::execute);
  }

 private:
  struct Stream {
    Step step;
    int source;
  };

  static std::array<Stream, 3> streams_of(const Process::Options& options) {
    return {{{Step::standard_input, options.stdin_fd},
             {Step::standard_output, options.stdout_fd},
             {Step::standard_error, options.stderr_fd}}};
  }

  void move_streams() {
    if (streams_[0].source < 0) {
      streams_[0].source = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (streams_[0].source < 0) give_up(Step::standard_input);
    }
    // Out of the way first: one stream's source may be another's place.
    for (Stream& stream : streams_) {
      if (stream.source < 0 || stream.source > 2) continue;
      stream.source = fcntl(stream.source, F_DUPFD_CLOEXEC, 3);
      if (stream.source < 0) give_up(stream.step);
    }
    for (int place = 0; place <= 2; ++place) {
      const Stream& stream = streams_[std::size_t(place)];
      if (stream.source >= 0 && dup2(stream.source, place) < 0) give_up(stream.step);
    }
  }

  // Ours are all close-on-exec; this is for those that we were started with.
  void close_the_rest() {
    if (syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) return;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) give_up(Step::descriptors);
    for (int fd = 3; rlim_t(fd) < limit.rlim_cur && fd < INT_MAX; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }

  [[noreturn]] void give_up(Step step) {
    const Trouble trouble{step, errno};
    // If even this fails, the exit code is all that the parent learns.
    if (write(report_, &trouble, sizeof trouble) < 0) _exit(126);
    _exit(127);
  }

  std::array<Stream, 3> streams_;
  int report_;
};

// The number of a child that has not been waited for can't be given to another process, so both ways are safe; the
// descriptor stays right even if someone else in this process reaps the child.
int wait_for(pid_t pid, const Fd& pidfd, siginfo_t& info) {
  if (pidfd) return waitid(P_PIDFD, id_t(pidfd.get()), &info, WEXITED);
  return waitid(P_PID, id_t(pid), &info, WEXITED);
}

}  // namespace

Process Process::spawn(const std::vector<std::string>& argv, const Options& options) {
  std::vector<std::string> arguments = argv;
  std::vector<std::string> variables = options.environment;
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> variable_pointers = pointers_to(variables);
  Pipe report = make_pipe();
  Child child(options, report.write.get());

  const pid_t pid = check(fork(), "cannot start '{}'", printable(argv.at(0)));
  if (pid == 0) child.run(argument_pointers.data(), variable_pointers.data());

  Process process(pid, Fd(int(syscall(SYS_pidfd_open, pid, 0))));
  report.write.reset();
  Trouble trouble{};
  // The write end closes in the exec, and this read ends.
  const std::size_t got = read_full(report.read.get(), std::as_writable_bytes(std::span(&trouble, 1)), argv[0]);
  if (got == sizeof trouble)
    fail_errno(trouble.error, fmt::format("cannot start '{}': {}", printable(argv[0]), describe(trouble.step)));
  return process;
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Process::~Process() {
  if (pid_ <= 0) return;
  if (!pidfd_ || syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0) < 0) kill(pid_, SIGKILL);
  siginfo_t info{};
  while (wait_for(pid_, pidfd_, info) < 0 && errno == EINTR) continue;
}

int Process::wait() {
  siginfo_t info{};
  while (wait_for(pid_, pidfd_, info) < 0) {
    if (errno != EINTR) fail_errno(errno, "cannot wait for a process");
    check_interrupt();
  }
  pid_ = -1;
  return info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status;
}

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

std::string helper_path(const std::string& name) {
  std::vector<std::string> places;
  if (const char* folder = std::getenv("FN_LIBEXEC"); folder && *folder) {
    places.push_back(fmt::format("{}/{}", folder, name));
  } else {
    std::string self(PATH_MAX, '\0');
    self.resize(std::size_t(
        check(readlink("/proc/self/exe", self.data(), self.size()), "cannot locate this program's executable")));
    self.resize(self.rfind('/') + 1);
    places.push_back(fmt::format("{}../libexec/fn/{}", self, name));
    places.push_back(fmt::format("{}../libexec/{}", self, name));
    places.push_back(self + name);  // one helper starts another
  }
  for (const std::string& place : places)
    if (access(place.c_str(), X_OK) == 0) return place;
  fail_hint(Kind::failure, "reinstall fn, or set FN_LIBEXEC to the directory that contains it",
            "helper program '{}' is missing (looked for '{}')", printable(name), printable(places.front()));
}

void refuse_foreign_rights(std::string_view tool) {
  if (getauxval(AT_SECURE) == 0) return;
  fail_hint(Kind::unsupported, "remove the setuid bit or the file capabilities from its program file; it needs neither",
            "{} refuses to run with more privileges than its caller", tool);
}

}  // namespace fn::sys
