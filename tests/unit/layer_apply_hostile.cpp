// SPDX-License-Identifier: Apache-2.0
#include "layer_apply_support.hpp"

#include <csignal>
#include <sys/resource.h>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;

TEST_CASE("links cannot lead out of the root") {
  for (const char* out : {"/", "..", "../..", "/..", "../../../../../../tmp", "a/../../.."}) {
    CAPTURE(out);
    Target target;
    target.apply({soft("l", out), file("l/outside", "mine"), file("l/x/y", "mine"), whiteout("l/.wh.outside")});
    target.apply({whiteout("l/.wh.outside"), soft("l/gone", "nowhere")}).finish();
    CHECK(target.read_link("l") == out);
  }
  Target hops;
  hops.apply({soft("a", "../b"), soft("b", "c/.."), soft("c", "/"), file("a/outside", "mine")});
  hops.finish();
  CHECK(hops.read("outside") == "mine");
}

TEST_CASE("a file in place of a link does not go through it") {
  Target target;
  target.apply(
      {soft("l", target.outside()), file("l", "mine"), soft("m", target.outside()), hard("n", "m"), file("n", "mine")});
  target.apply({entry(Type::fifo, "m")}).finish();
  CHECK(target.read("l") == "mine");
  CHECK(target.read("n") == "mine");
}

TEST_CASE("a hard link cannot fetch a file from outside") {
  CHECK(refusal({{hard("h", "absent")}}) == "'h': a hard link to 'absent', which is missing");
  CHECK(refusal({{soft("up", ".."), hard("h", "up/outside")}}) == "'h': a hard link to 'up/outside', which is missing");
  CHECK(refusal({{soft("e", "/etc"), hard("h", "e/passwd")}}) == "'h': a hard link to 'e/passwd', which is missing");
  CHECK(refusal({{dir("d"), hard("h", "d")}}) == "'h': a hard link to 'd', which is a directory");
  CHECK(refusal({{file("d/f"), hard("d", "d/f")}}) == "'d': a hard link to 'd/f', which is missing");
  CHECK(refusal({{hard("h", "later"), file("later")}}) == "'h': a hard link to 'later', which is missing");
}

TEST_CASE("what can't be is refused by name") {
  CHECK(refusal({{file("f")}, {file("f/below")}}) == "'f' is not a directory, but the layer has entries below it");
  CHECK(refusal({{soft("a", "b"), soft("b", "a"), file("a/f")}}) == "'a': too many symbolic links");
  CHECK(refusal({{file("d/" + std::string(256, 'n'))}}) ==
        "'d/" + std::string(256, 'n') + "': name too long: 256 bytes");
  Member stranger = file("f");
  stranger.entry.uid = 0xffffffff;
  CHECK(refusal({{stranger}}) == "'f': invalid owner 4294967295");
  Member device = entry(Type::char_device, "dev");
  device.entry.device_major = 4096;
  CHECK(refusal({{device}}) == "'dev': invalid device number 4096:0");
  CHECK(refusal({{soft("l", std::string(4096, 'x'))}}) == "'l': invalid link target of 4096 bytes");
}

TEST_CASE("a path that grows too long through links is refused") {
  std::string deep = "a";
  while (deep.size() < 4000) deep += "/a";
  CHECK(refusal({{dir(deep), soft("l", deep), file("l/" + std::string(200, 'x') + "/f")}}).find("path too long: 420") !=
        std::string::npos);
}

TEST_CASE("very deep trees are made, changed and removed") {
  std::string deep = "d";
  for (int n = 0; n < 1500; ++n) deep += "/d";
  Target target;
  target.apply({file(deep + "/f")}).apply({file(deep + "/g"), whiteout("d/.wh..wh..opq")});
  CHECK(!target.has(deep + "/f"));
  CHECK(target.has(deep + "/g"));
  target.apply({whiteout(".wh.d")}).finish();
  CHECK(!target.has("d"));
}

TEST_CASE("an error of a writer comes out of apply, with the file's name") {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  Target target;
  const rlimit small{.rlim_cur = 100 * KiB, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  Layer layer{file("large", std::string(300 * KiB, 'x'))};
  for (int n = 0; n < 3000; ++n) layer.push_back(file(fmt::format("f{}", n), std::string(KiB, 'x')));
  const std::string message = test::error_of(Kind::failure, [&] { target.apply(layer); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(message == "cannot write 'large': file too large");
}

TEST_CASE("a layer that is cut short ends with an error, not with a short file") {
  const std::string tar = test::tar_of({file("a", "whole"), file("f", std::string(2 * MiB, 'x'))});
  const Scratch scratch;
  test::PieceSource source(tar.substr(0, MiB));
  TarReader reader(source);
  Applier applier(sys::Root::open(scratch.path()), {.as_root = false, .threads = 1});
  CHECK(test::error_of(Kind::integrity, [&] { applier.apply(reader, {}); }) == "tar entry 'f' is truncated");
}
