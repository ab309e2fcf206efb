// SPDX-License-Identifier: Apache-2.0
// What a whole command costs, from posix_spawn(3) until wait(2) has it; several commands in turn, round after round, in
// an order that is another in each round: the kernel still takes the namespaces of one apart while the next one starts.
//
//     start-bench start ROUNDS PAUSE_US < COMMANDS    p50, p90, p99 of each
//     start-bench tail ROUNDS PAUSE_US < COMMANDS     from the time that the command prints last (CLOCK_MONOTONIC, ns)
//     start-bench kill ROUNDS PROGRAM ARG..           the floor of a tree kill: PROGRAM as second process of a bare pid
//                                                     namespace; when it has said something its init is killed
//
// COMMANDS: a line each, NAME and words with tabs between. A name with "@v2" at its end runs where version 2 of control
// groups is all that is mounted. The result is a JSON object a line.
#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <iostream>
#include <numeric>
#include <random>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using fn::Kind;
using Microseconds = double;

Microseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) * 1e6 + double(time.tv_nsec) / 1e3;
}

struct Subject {
  std::string name;
  std::vector<std::string> words;
  bool only_v2 = false;
  std::vector<Microseconds> samples = {};
};

std::vector<Subject> read_subjects() {
  std::vector<Subject> subjects;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> words = fn::split(line, '\t');
    if (words.size() < 2) fn::fail(Kind::usage, "no command in '{}'", line);
    Subject subject{.name = words.front(), .words = {words.begin() + 1, words.end()}};
    subject.only_v2 = subject.name.ends_with("@v2");
    if (subject.only_v2) subject.name.resize(subject.name.size() - 3);
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

// The two mount namespaces between which this process goes to and fro, outside of what is measured.
class Places {
 public:
  explicit Places(bool with_v2) : home_(fn::sys::check(open(own, O_RDONLY | O_CLOEXEC), "cannot open '{}'", own)) {
    if (!with_v2) return;
    fn::sys::check(unshare(CLONE_NEWNS), "cannot make a mount namespace");
    fn::sys::check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "cannot make mounts private");
    fn::sys::check(mount("none", "/sys/fs/cgroup", "cgroup2", 0, nullptr), "cannot mount control groups");
    v2_ = fn::sys::Fd(fn::sys::check(open(own, O_RDONLY | O_CLOEXEC), "cannot open '{}'", own));
    go(false);
  }
  void go(bool v2) const {
    if (v2_) fn::sys::check(setns(v2 ? v2_.get() : home_.get(), CLONE_NEWNS), "cannot enter a mount namespace");
  }

 private:
  static constexpr const char* own = "/proc/self/ns/mnt";
  fn::sys::Fd home_;
  fn::sys::Fd v2_;
};

struct Run {
  Microseconds from = 0;
  Microseconds to = 0;
  std::string said;
};

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, std::size_t(got));
  return text;
}

Run run(const Subject& subject) {
  const fn::sys::Pipe pipe = fn::sys::make_pipe();
  fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe.write.get(), 1);
  std::vector<char*> argv;
  for (const std::string& word : subject.words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  int status = 0;
  Run run;
  run.from = now();
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  if (error == 0) waitpid(pid, &status, 0);
  run.to = now();
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0 || status != 0)
    fn::fail(Kind::failure, "'{}' failed: {}", subject.name, fmt::join(subject.words, " "));
  run.said = read_all(pipe.read.get());
  return run;
}

Microseconds quantile(const std::vector<Microseconds>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1, std::size_t(share * double(sorted.size())))];
}

void print(const std::string& name, std::vector<Microseconds> samples) {
  std::sort(samples.begin(), samples.end());
  fmt::print(
      "{{\"name\":\"{}\",\"runs\":{},\"p50_us\":{:.0f},\"p90_us\":{:.0f},\"p99_us\":{:.0f},\"min_us\":{:.0f}}}\n", name,
      samples.size(), quantile(samples, 0.5), quantile(samples, 0.9), quantile(samples, 0.99), samples.front());
}

void compare(bool tail, std::uint64_t rounds, std::chrono::microseconds pause) {
  std::vector<Subject> subjects = read_subjects();
  const Places places(std::any_of(subjects.begin(), subjects.end(), [](const Subject& each) { return each.only_v2; }));
  constexpr std::uint64_t warm_up = 3;
  std::vector<std::size_t> order(subjects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same orders in every run
  for (std::uint64_t round = 0; round < rounds + warm_up; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t which : order) {
      Subject& subject = subjects[which];
      places.go(subject.only_v2);
      std::this_thread::sleep_for(pause);
      const Run each = run(subject);
      const Microseconds from = tail ? std::stod(each.said) / 1e3 : each.from;
      if (round >= warm_up) subject.samples.push_back(each.to - from);
    }
  }
  for (const Subject& subject : subjects) print(subject.name, subject.samples);
}

// The first process of a pid namespace: starts the program, reaps, and nothing else.
[[noreturn]] void be_init(int out, char** argv) {
  if (fork() == 0) {
    dup2(out, 1);
    execvp(argv[0], argv);
    _exit(127);
  }
  while (wait(nullptr) > 0 || errno == EINTR) continue;
  _exit(0);
}

Microseconds kill_bare(char** argv) {
  fn::sys::Pipe pipe = fn::sys::make_pipe();
  const auto child = static_cast<pid_t>(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child == 0) be_init(pipe.write.get(), argv);
  fn::sys::check(child, "cannot make a pid namespace");
  pipe.write.reset();
  char byte = 0;
  if (read(pipe.read.get(), &byte, 1) != 1) fn::fail(Kind::failure, "'{}' said nothing", argv[0]);
  const Microseconds from = now();
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return now() - from;
}

std::uint64_t number(const char* text) {
  const auto value = fn::parse_uint(text);
  if (!value) fn::fail(Kind::usage, "'{}' is no number", text);
  return *value;
}

void bench(int argc, char** argv) {
  const std::string what = argc > 3 ? argv[1] : "";
  if (what == "start" || what == "tail")
    return compare(what == "tail", number(argv[2]), std::chrono::microseconds(number(argv[3])));
  if (what != "kill")
    fn::fail(Kind::usage, "usage: start-bench start|tail ROUNDS PAUSE_US, start-bench kill ROUNDS PROGRAM ARG..");
  std::vector<Microseconds> samples;
  for (std::uint64_t round = number(argv[2]); round > 0; --round) samples.push_back(kill_bare(argv + 3));
  print("floor", samples);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    bench(argc, argv);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "start-bench: error: {}\n", error.what());
    return 3;
  }
}
