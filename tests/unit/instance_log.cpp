// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "instance/log_file.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

using namespace fn;
using instance::LogFile;
using instance::LogReader;

namespace {

sys::Fd dir_of(const Scratch& scratch) {
  return sys::open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
}

std::string all_of(LogReader& reader) {
  std::string all;
  for (std::string more = reader.read(); !more.empty(); more = reader.read()) all += more;
  return all;
}

constexpr std::uint64_t every_line = ~std::uint64_t{0};

}  // namespace

TEST_CASE("a log is read from the end backwards, and on from there") {
  const Scratch scratch;
  const sys::Fd dir = dir_of(scratch);
  LogFile log(dir.get());
  log.append("one\ntwo\nthree\n");
  LogReader last(dir.get(), 1);
  CHECK(all_of(last) == "three\n");
  LogReader two(dir.get(), 2);
  CHECK(all_of(two) == "two\nthree\n");
  LogReader none(dir.get(), 0);
  CHECK(all_of(none).empty());
  LogReader all(dir.get(), every_line);
  CHECK(all_of(all) == "one\ntwo\nthree\n");
  log.append("four");
  CHECK(all_of(last) == "four");
  LogReader open_line(dir.get(), 2);
  CHECK(all_of(open_line) == "three\nfour");
}

TEST_CASE("at its limit a log is renamed, and the one before goes") {
  const Scratch scratch;
  const sys::Fd dir = dir_of(scratch);
  LogFile log(dir.get(), 10);
  log.append("one-------\n");
  CHECK_FALSE(std::filesystem::exists(scratch.path("log.1")));
  LogReader follower(dir.get(), every_line);
  CHECK(all_of(follower) == "one-------\n");
  log.append("two-------\n");
  CHECK(scratch.read("log.1") == "one-------\n");
  CHECK(scratch.read("log") == "two-------\n");
  CHECK(all_of(follower) == "two-------\n");
  LogReader across(dir.get(), 2);
  CHECK(all_of(across) == "one-------\ntwo-------\n");
  log.append("three\n");
  CHECK(scratch.read("log.1") == "two-------\n");
  CHECK(scratch.read("log") == "three\n");
}

TEST_CASE("no log is an error that says so") {
  const Scratch scratch;
  const sys::Fd dir = dir_of(scratch);
  CHECK(error_of([&] { const LogReader reader(dir.get(), 1); }) == "not_found: the instance has no log");
}
