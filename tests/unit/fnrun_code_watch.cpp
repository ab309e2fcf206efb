// SPDX-License-Identifier: Apache-2.0
#include "scratch.hpp"
#include "serve/code_watch.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>

using namespace fn;

TEST_CASE("what changed is told once, by its path") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path("code/a/b"));
  serve::CodeWatch watch;
  watch.set({scratch.path("code")});
  CHECK(watch.directories() == 4);  // and the one that it is in
  CHECK_FALSE(watch.take());
  scratch.write("code/a/b/file", "x");
  CHECK(watch.take() == scratch.path("code/a/b/file"));
  CHECK_FALSE(watch.take());
  scratch.write("beside", "x");
  CHECK_FALSE(watch.take());
  watch.set({scratch.path("beside")});
  scratch.write("code/a/b/file", "x");
  CHECK_FALSE(watch.take());
  scratch.write("beside", "x");
  CHECK(watch.take() == scratch.path("beside"));
}

TEST_CASE("more events than the kernel keeps are a change, and new directories are found all the same") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path("code"));
  serve::CodeWatch watch;
  watch.set({scratch.path("code")});
  // fs.inotify.max_queued_events is 16384, and each new file has several.
  for (int i = 0; i < 17000; ++i) scratch.write(fmt::format("code/{}", i), "x");
  std::filesystem::create_directories(scratch.path("code/late/deep"));
  CHECK(watch.take());
  CHECK(watch.directories() == 4);
  scratch.write("code/late/deep/file", "x");
  CHECK(watch.take() == scratch.path("code/late/deep/file"));
}
