// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using namespace std::chrono_literals;
using sys::FileLock;

namespace {

std::string own_name() {
  return std::filesystem::read_symlink("/proc/self/exe").filename().string() + fmt::format(" (pid {})", getpid());
}

std::chrono::milliseconds time_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

TEST_CASE("one writer excludes all others, and is named") {
  const Scratch scratch;
  const std::string path = scratch.path("lo\nck");
  const FileLock held(path, FileLock::Mode::exclusive, 0ms);
  const std::string message = "busy: '" + scratch.path() + "/lo\\nck' is held by " + own_name() +
                              " (try again later, or wait longer with --lock-timeout)";
  CHECK(error_of([&] { FileLock(path, FileLock::Mode::exclusive, 0ms); }) == message);
  CHECK(error_of([&] { FileLock(path, FileLock::Mode::shared, 0ms); }) == message);
}

TEST_CASE("readers share, a writer waits for them") {
  const Scratch scratch;
  const std::string path = scratch.path("lock");
  const FileLock one(path, FileLock::Mode::shared, 0ms);
  const FileLock two(path, FileLock::Mode::shared, 0ms);
  CHECK(error_of([&] { FileLock(path, FileLock::Mode::exclusive, 0ms); }).starts_with("busy: "));
}

TEST_CASE("a lock ends with its owner") {
  const Scratch scratch;
  const std::string path = scratch.path("lock");
  { const FileLock held(path, FileLock::Mode::exclusive, 0ms); }
  CHECK(error_of([&] { FileLock(path, FileLock::Mode::exclusive, 0ms); }) == "nothing");
}

TEST_CASE("waiting lasts as long as it was asked to, and no longer than it must") {
  const Scratch scratch;
  const std::string path = scratch.path("lock");
  auto held = std::make_unique<FileLock>(path, FileLock::Mode::exclusive, 0ms);
  const auto waited = time_of([&] { error_of([&] { FileLock(path, FileLock::Mode::exclusive, 200ms); }); });
  CHECK(waited >= 200ms);
  CHECK(waited < 2s);
  std::thread owner([&] {
    std::this_thread::sleep_for(100ms);
    held.reset();
  });
  CHECK(time_of([&] { FileLock(path, FileLock::Mode::exclusive, 30s); }) < 5s);
  owner.join();
}

TEST_CASE("a lock in a place that isn't there is an error of its own") {
  const Scratch scratch;
  CHECK(error_of([&] { FileLock(scratch.path("no/lock"), FileLock::Mode::shared, 0ms); }) ==
        "not_found: cannot open '" + scratch.path("no/lock") + "': no such file or directory");
}

TEST_CASE("a holder is named by program and verb, a waiter isn't") {
  const Scratch scratch;
  const std::string path = scratch.path("lock");
  CHECK(sys::lock_holders(path) == "another process");
  scratch.write("lock", "");
  CHECK(sys::lock_holders(path) == "another process");

  // The child inherits the lock's file as its stdin, and the pipe tells when it has taken it.
  const sys::Fd file = sys::open_file(path, O_RDWR);
  sys::Pipe ready = sys::make_pipe();
  sys::Process::Options options;
  options.stdin_fd = file.get();
  options.stdout_fd = ready.write.get();
  const std::string script = "flock -x 0 && echo && exec sleep 60";
  const auto child = sys::Process::spawn({"/bin/sh", "-c", script}, options);
  ready.write.reset();
  std::byte byte;
  REQUIRE(sys::read_full(ready.read.get(), std::span(&byte, 1), "pipe") == 1);
  std::string holders = sys::lock_holders(path);
  CHECK(holders.find(" (pid ") != holders.npos);
  CHECK(holders.find("another process") == holders.npos);

  std::thread waiter([&] { error_of([&] { FileLock(path, FileLock::Mode::exclusive, 300ms); }); });
  std::this_thread::sleep_for(100ms);
  CHECK(sys::lock_holders(path).find(own_name()) == std::string::npos);
  waiter.join();
}

TEST_CASE("a POSIX lock, as SQLite takes it, has a holder too") {
  const Scratch scratch;
  scratch.write("db", "x");
  const sys::Fd file = sys::open_file(scratch.path("db"), O_RDWR);
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  REQUIRE(fcntl(file.get(), F_SETLK, &range) == 0);
  CHECK(sys::lock_holders(scratch.path("db")) == own_name());
}
