// SPDX-License-Identifier: Apache-2.0
#include "fnimg_compat_support.hpp"

using namespace fn;
using namespace fn::img;
using namespace fn::img::test;
using link::Object;

namespace {

Object versioned_library(bool has_second) {
  Object library("libx.so.1");
  library.version("libx.so.1", 1, true).version("V_1", 2).gives("one", 2);
  if (has_second) library.version("V_2", 3).gives("two", 3);
  return library;
}

// A runtime with libx, and a program above that needs its second version.
Toy with_library(const std::string& content, Object library) {
  Toy toy;
  toy.layer("runtime", content).loader().elf("lib64/libx.so.1", library);
  toy.layer("code", "code")
      .elf("srv/program", toy_program().needs("libx.so.1").needs_version("libx.so.1", "V_2", 2).wants("two", 2));
  return toy;
}

Toy with_host(const std::string& content, const std::vector<std::string>& gives) {
  Toy toy;
  toy.layer("runtime", content).loader();
  Object host = toy_program();
  for (const std::string& name : gives) host.gives(name);
  toy.elf("bin/host", host);
  toy.layer("code", "code").elf("srv/plug.so", Object().wants("hosted").wants("absent"));
  return toy;
}

}  // namespace

TEST_CASE("a version of a library, and its symbols are not told again") {
  CHECK(brought(with_library("1", versioned_library(true)), with_library("1", versioned_library(true))) == "");
  CHECK(brought(with_library("1", versioned_library(true)), with_library("2", versioned_library(false))) ==
        text_of(Lines{"symbols.version does_not_start srv/program V_2 of libx.so.1"}));
}

TEST_CASE("versions that no symbol uses count, weak ones do not") {
  const auto image = [](const std::string& content, bool has_second, bool is_weak) {
    Toy toy;
    toy.layer("runtime", content).loader().elf("lib64/libx.so.1", versioned_library(has_second));
    toy.layer("code", "code")
        .elf("srv/program", toy_program().needs("libx.so.1").needs_version("libx.so.1", "V_2", 2, is_weak));
    return toy;
  };
  CHECK(brought(image("1", true, false), image("2", false, false)) ==
        text_of(Lines{"symbols.version does_not_start srv/program V_2 of libx.so.1"}));
  CHECK(brought(image("1", true, true), image("2", false, true)) == "");
}

TEST_CASE("a library for another machine is as good as none, and what both lack is known") {
  Object foreign = versioned_library(true);
  foreign.machine(EM_AARCH64, 64);
  CHECK(brought(with_library("1", versioned_library(true)), with_library("2", std::move(foreign))) ==
        text_of(Lines{"loader.library does_not_start srv/program libx.so.1"}));
  const auto a = with_library("1", versioned_library(false)).take("a:1");
  const auto b = with_library("2", versioned_library(false)).take("b:1");
  const Compat compat = check_compat(*a, *b);
  CHECK(compat.fits());
  CHECK(lines_of(compat.known) == Lines{"symbols.version does_not_start srv/program V_2 of libx.so.1"});
}

TEST_CASE("a symbol is missed at the start if all are bound then, else when it is used") {
  const auto image = [](const std::string& content, bool has_function, std::uint64_t flags_1) {
    Toy toy;
    Object library("libx.so.1");
    if (has_function) library.gives("function");
    toy.layer("runtime", content).loader().elf("lib64/libx.so.1", library);
    toy.layer("code", "code")
        .elf("srv/program", toy_program().needs("libx.so.1").wants("function").wants("weak", 1, true).flags_1(flags_1));
    return toy;
  };
  CHECK(brought(image("1", true, 0), image("2", false, 0)) ==
        text_of(Lines{"symbols.undefined fails_when_used srv/program function"}));
  CHECK(brought(image("1", true, DF_1_NOW), image("2", false, DF_1_NOW)) ==
        text_of(Lines{"symbols.undefined does_not_start srv/program function"}));
}

TEST_CASE("what a plug-in leaves open must be given by what gave it") {
  CHECK(brought(with_host("1", {"hosted"}), with_host("2", {"hosted", "more"})) == "");
  CHECK(brought(with_host("1", {"hosted"}), with_host("2", {})) ==
        text_of(Lines{"symbols.plug_in fails_when_used srv/plug.so hosted"}));
  // Something else has a symbol of that name.
  Toy other = with_host("2", {});
  other.elf("srv/other.so", Object().gives("hosted"));
  CHECK(brought(with_host("1", {"hosted"}), std::move(other)) ==
        text_of(Lines{"symbols.plug_in fails_when_used srv/plug.so hosted"}));
}

TEST_CASE("the host of a plug-in may have moved, or have it from a library") {
  Toy moved;
  moved.layer("runtime", "2").loader().elf("bin/host2", toy_program().gives("hosted"));
  moved.layer("code", "code").elf("srv/plug.so", Object().wants("hosted").wants("absent"));
  CHECK(brought(with_host("1", {"hosted"}), std::move(moved)) == text_of(Lines{"files.command notice bin/host host"}));
  Toy split;
  split.layer("runtime", "2").loader().elf("bin/host", toy_program().needs("libhost.so.1"));
  split.elf("lib64/libhost.so.1", Object("libhost.so.1").gives("hosted"));
  split.layer("code", "code").elf("srv/plug.so", Object().wants("hosted").wants("absent"));
  CHECK(brought(with_host("1", {"hosted"}), std::move(split)) == "");
}

TEST_CASE("what a plug-in had from a library of its own, no other may give") {
  const auto image = [](const std::string& content, bool has_function) {
    Toy toy;
    Object library("libx.so.1");
    if (has_function) library.gives("function");
    toy.layer("runtime", content).loader().elf("lib64/libx.so.1", library);
    toy.elf("bin/host", toy_program().gives("function"));
    toy.layer("code", "code").elf("srv/plug.so", Object().needs("libx.so.1").wants("function"));
    return toy;
  };
  CHECK(brought(image("1", true), image("2", false)) ==
        text_of(Lines{"symbols.plug_in fails_when_used srv/plug.so function"}));
}

TEST_CASE("a new plug-in may have its symbols from anything in the image, and its libraries from its host") {
  const auto image = [](bool is_new) {
    Toy toy = with_host(is_new ? "2" : "1", {"hosted"});
    if (is_new)
      toy.elf("srv/host/libprivate.so", Object("libprivate.so"))
          .elf("srv/new.so", Object().needs("libprivate.so").wants("hosted"))
          .elf("srv/broken.so", Object().needs("libnone.so").wants("nobody"))
          .elf("srv/open.so", Object().wants("nobody"));
    return toy;
  };
  CHECK(brought(image(false), image(true)) ==
        text_of(Lines{"loader.library fails_when_used srv/broken.so libnone.so",
                      "loader.library notice srv/new.so libprivate.so", "symbols.plug_in notice srv/open.so nobody"}));
}

TEST_CASE("what moved to another path is the same") {
  const auto image = [](const std::string& directory) {
    Toy toy;
    toy.layer("runtime", directory).loader();
    toy.elf(directory + "/libx-1.so", Object("libx.so.1").needs("libnone.so").wants("nobody"));
    toy.elf(directory + "/liby.so", Object("liby.so.1").wants("nobody"));
    return toy;
  };
  CHECK(brought(image("srv"), image("usr/srv")) == "");
}

TEST_CASE("who calls dlopen() is not covered, unless notes say what it loads") {
  Toy toy;
  toy.layer("runtime", "1").loader();
  toy.elf("bin/loads", toy_program().wants("dlopen", 1, true));
  toy.elf("bin/says", toy_program().wants("dlopen", 1, true).loads({{"ld-linux-x86-64.so.2"}, {}, {}}));
  const auto image = toy.take("a:1");
  const Compat compat = check_compat(*image, *image);
  CHECK(compat.not_covered == Lines{"bin/loads"});
  CHECK(compat.objects == 3);
}
