// SPDX-License-Identifier: Apache-2.0
#include "link/resolve.hpp"
#include "link_support.hpp"

#include <chrono>

using namespace fn;
using namespace fn::link;

namespace {

std::string_view problem_name(Problem problem) {
  switch (problem) {
    case Problem::interpreter_missing:
      return "interpreter missing";
    case Problem::interpreter_unusable:
      return "interpreter unusable";
    case Problem::library_missing:
      return "library missing";
    case Problem::library_unusable:
      return "library unusable";
    case Problem::version_missing:
      return "version missing";
    case Problem::versions_missing:
      return "versions missing";
    case Problem::symbol_undefined:
      return "undefined";
  }
  return "";
}

using Lines = std::vector<std::string>;

Lines told(const Closure& closure, const std::vector<Finding>& findings) {
  Lines lines;
  for (const Finding& finding : findings) {
    std::string line = closure.objects[finding.object].file.path + ": " + std::string(problem_name(finding.problem));
    for (const std::string_view part :
         {finding.library, finding.version, finding.symbol, std::string_view(finding.path)})
      if (!part.empty()) line.append(" ").append(part);
    lines.push_back(std::move(line));
  }
  return lines;
}

Lines names(const Closure& closure) {
  Lines lines;
  for (const Loaded& loaded : closure.objects)
    lines.emplace_back(loaded.file.path.substr(loaded.file.path.rfind('/') + 1));
  return lines;
}

const std::string libraries = "/usr/lib/x86_64-linux-gnu/";

// Debian's places with a libc of two versions, and a program.
struct Image {
  MemoryRoot root;
  Options options;

  Image() {
    put_debian(root);
    library(Object("libc.so.6")
                .needs("ld-linux-x86-64.so.2")
                .version("libc.so.6", 1, true)
                .version("GLIBC_2.2.5", 2)
                .version("GLIBC_2.34", 3)
                .gives("puts", 2)
                .gives("memcpy", 3)
                .gives("memcpy", 2, true)
                .gives("old", 2, true)
                .gives("environ", 1));
  }
  void library(Object&& object) { library(object); }
  void library(Object& object) {
    elf::Facts facts = object.take();
    const std::string path = libraries + facts.soname;
    root.elf(path, std::move(facts));
  }
  void program(Object&& object) { program(object); }
  void program(Object& object) { root.elf("/app/program", object.starts_with(debian_interpreter).take()); }
  Closure closure(std::string_view path = "/app/program") { return Resolver(root, options).closure(path); }
  Lines findings(std::string_view path = "/app/program") {
    const Closure its = closure(path);
    return told(its, its.findings);
  }
  Lines weak() {
    const Closure its = closure();
    return told(its, its.weak);
  }
};

Object libc_user() {
  Object user;
  user.needs("libc.so.6").needs_version("libc.so.6", "GLIBC_2.34", 3);
  return user;
}

}  // namespace

TEST_CASE("breadth first, each once, the loader where it is needed") {
  Image image;
  image.library(Object("liba.so.1").needs("libc.so.6").needs("libshared.so.1"));
  image.library(Object("libb.so.1").needs("libshared.so.1"));
  image.library(Object("libshared.so.1").needs("liba.so.1"));
  image.program(Object().needs("liba.so.1").needs("libb.so.1"));
  const Closure closure = image.closure();
  CHECK(names(closure) ==
        Lines{"program", "liba.so.1", "libb.so.1", "libc.so.6", "libshared.so.1", "ld-linux-x86-64.so.2"});
  CHECK(closure.findings.empty());
  CHECK(closure.interpreter == debian_interpreter);
  CHECK(closure.objects[4].needed_by == 1);
  CHECK(closure.objects[4].needed_as == "libshared.so.1");
  CHECK(closure.objects[4].rule == Rule::default_directory);
  CHECK(closure.objects[4].path == "/lib/x86_64-linux-gnu/libshared.so.1");
  CHECK(closure.objects[5].rule == Rule::loader);
  CHECK(closure.objects[0].rule == Rule::start);
}

TEST_CASE("an object goes by its soname and by its file") {
  Image image;
  image.library(Object("libx.so.1"));
  image.root.link(libraries + "libx.so", "libx.so.1");
  image.root.hard_link(libraries + "liby.so", libraries + "libx.so.1");
  image.program(Object().needs("libx.so").needs("libx.so.1").needs("liby.so").needs(libraries + "libx.so.1"));
  CHECK(names(image.closure()) == Lines{"program", "libx.so.1"});
  image.root.elf("/app/libz.so", Object("libz.so.1").take());
  image.library(Object("libz.so.1"));
  image.program(Object().needs("/app/libz.so").needs("libz.so.1"));
  CHECK(names(image.closure()) == Lines{"program", "libz.so"});
}

TEST_CASE("the path of the one that needed it first counts for what a library needs") {
  Image image;
  image.root.elf("/app/lib/libdeep.so", Object("libdeep.so").take());
  image.library(Object("liba.so.1").needs("libdeep.so"));
  image.program(Object().needs("liba.so.1").rpath("$ORIGIN/lib"));
  CHECK(image.findings().empty());
  image.program(Object().needs("liba.so.1").runpath("$ORIGIN/lib"));
  CHECK(image.findings() == Lines{libraries + "liba.so.1: library missing libdeep.so"});
}

TEST_CASE("missing and unusable libraries, for each that needs them") {
  Image image;
  image.library(Object("liba.so.1").needs("libnone.so.1"));
  image.root.text(libraries + "libtext.so", "INPUT(libtext.so.1)");
  image.library(Object("libprogram.so").type(ET_EXEC));
  image.program(Object().needs("libnone.so.1").needs("liba.so.1").needs("libtext.so").needs("libprogram.so"));
  CHECK(image.findings() == Lines{"/app/program: library missing libnone.so.1",
                                  "/app/program: library unusable libtext.so /lib/x86_64-linux-gnu/libtext.so",
                                  "/app/program: library unusable libprogram.so /lib/x86_64-linux-gnu/libprogram.so",
                                  libraries + "liba.so.1: library missing libnone.so.1"});
}

TEST_CASE("the interpreter") {
  Image image;
  image.root.elf("/app/program", libc_user().starts_with("/lib/ld-none.so.1").take());
  CHECK(image.findings().at(0) == "/app/program: interpreter missing /lib/ld-none.so.1");
  image.root.elf("/opt/ld-arm.so", Object().machine(EM_AARCH64, 64).take());
  image.root.elf("/app/program", Object().starts_with("/opt/ld-arm.so").take());
  CHECK(image.findings() == Lines{"/app/program: interpreter unusable /opt/ld-arm.so /opt/ld-arm.so"});
}

TEST_CASE("static programs and files that are not ELF") {
  Image image;
  image.root.elf("/app/program", Object().type(ET_EXEC).take());
  CHECK(names(image.closure()) == Lines{"program"});
  image.root.elf("/app/program", Object().flags_1(DF_1_PIE).wants("weak", 1, true).take());
  CHECK(image.closure().weak.empty());
  CHECK(image.closure().interpreter.empty());
  image.root.text("/app/script", "#!/bin/sh");
  CHECK(error_of([&] { image.closure("/app/script"); }) == "not_found: no ELF file '/app/script'");
  CHECK(error_of([&] { image.closure("/none"); }) == "not_found: no ELF file '/none'");
}

TEST_CASE("a needed version that the library lacks, whether a symbol has it or not") {
  Image image;
  image.program(
      libc_user().needs_version("libc.so.6", "GLIBC_2.38", 4).needs_version("libc.so.6", "ABI_WEAK", 5, true));
  const std::string libc = "/lib/x86_64-linux-gnu/libc.so.6";
  CHECK(image.findings() == Lines{"/app/program: version missing libc.so.6 GLIBC_2.38 " + libc});
  CHECK(image.weak() == Lines{"/app/program: version missing libc.so.6 ABI_WEAK " + libc});
  image.program(Object().needs("libc.so.6").needs_version("libc.so.6", "libc.so.6", 2));
  CHECK(image.findings().empty());
  // The object is named by its soname, whatever else gives the version.
  image.library(Object("libx.so.1").version("X_1", 2));
  image.program(Object().needs("libx.so.1").needs("libc.so.6").needs_version("libc.so.6", "X_1", 2));
  CHECK(image.findings() == Lines{"/app/program: version missing libc.so.6 X_1 " + libc});
  image.program(Object().needs("libnone.so").needs_version("libnone.so", "N_1", 2));
  CHECK(image.findings() == Lines{"/app/program: library missing libnone.so"});
}

TEST_CASE("a library that defines no versions where one is needed") {
  Image image;
  const std::string path = "/lib/x86_64-linux-gnu/libx.so.1";
  image.library(Object("libx.so.1").gives("f"));
  image.program(Object().needs("libx.so.1").needs_version("libx.so.1", "X_1", 2).wants("f", 2));
  CHECK(image.findings() == Lines{"/app/program: versions missing libx.so.1 X_1 f " + path});
  image.program(Object().needs("libx.so.1").needs_version("libx.so.1", "X_1", 2));
  CHECK(image.findings() == Lines{"/app/program: versions missing libx.so.1 X_1 " + path});
  // One that needs versions itself has a table of them: glibc looks into it and takes the symbol.
  image.library(Object("libx.so.1").gives("f").needs("libc.so.6").needs_version("libc.so.6", "GLIBC_2.34", 2));
  image.program(Object().needs("libx.so.1").needs_version("libx.so.1", "X_1", 2).wants("f", 2));
  CHECK(image.findings() == Lines{"/app/program: versions missing libx.so.1 X_1 " + path});
}

TEST_CASE("which definition a reference takes") {
  Image image;
  const auto wanted = [&](const char* name, std::uint16_t version) {
    image.program(libc_user().needs_version("libc.so.6", "GLIBC_2.2.5", 2).wants(name, version));
    return image.findings();
  };
  CHECK(wanted("memcpy", 3).empty());
  CHECK(wanted("memcpy", 2).empty());   // hidden
  CHECK(wanted("memcpy", 1).empty());   // no version: the first one
  CHECK(wanted("old", 1).empty());      // hidden, but of the first version
  CHECK(wanted("environ", 3).empty());  // defined without a version
  CHECK(wanted("_rtld_global", 3).empty());
  CHECK(wanted("puts", 3) == Lines{"/app/program: undefined libc.so.6 GLIBC_2.34 puts"});
  CHECK(wanted("none", 1) == Lines{"/app/program: undefined none"});

  image.library(Object("libx.so.1")
                    .version("X_1", 2)
                    .version("X_2", 3)
                    .version("X_3", 4)
                    .gives("one", 3)
                    .gives("two", 3)
                    .gives("two", 4)
                    .gives("hidden", 3, true)
                    .gives("base", 1, true)
                    .gives("mixed", 3)
                    .gives("mixed", 4, true));
  const auto wanted_of_x = [&](const char* name, std::uint16_t version) {
    image.program(Object().needs("libx.so.1").needs_version("libx.so.1", "X_1", 7).wants(name, version));
    return image.findings().empty();
  };
  CHECK(wanted_of_x("one", 1));
  CHECK(!wanted_of_x("two", 1));
  CHECK(!wanted_of_x("hidden", 1));
  CHECK(wanted_of_x("mixed", 1));
  CHECK(wanted_of_x("base", 1));
  CHECK(!wanted_of_x("base", 7));
  CHECK(!wanted_of_x("one", 7));
}

TEST_CASE("a version may be given by another object than the one that it is needed from") {
  Image image;
  image.library(Object("libx.so.1").version("X_1", 2));
  image.library(Object("liby.so.1").version("X_1", 2).gives("f", 2));
  image.program(Object().needs("libx.so.1").needs("liby.so.1").needs_version("libx.so.1", "X_1", 2).wants("f", 2));
  CHECK(image.findings().empty());
}

TEST_CASE("symbols that may be missing, and those that a program gives its libraries") {
  Image image;
  image.library(Object("libx.so.1").wants("callback").wants("maybe", 1, true));
  image.program(Object().needs("libx.so.1").wants("__gmon_start__", 1, true).gives("callback"));
  CHECK(image.findings().empty());
  CHECK(image.weak() == Lines{"/app/program: undefined __gmon_start__", libraries + "libx.so.1: undefined maybe"});
  CHECK(image.findings(libraries + "libx.so.1") == Lines{libraries + "libx.so.1: undefined callback"});
}

TEST_CASE("who gives what a plug-in leaves open") {
  Image image;
  image.program(libc_user().gives("host_api"));
  image.root.elf("/app/plugin.so", Object().needs("libc.so.6").wants("host_api").wants("puts").take());
  Resolver resolver(image.root, image.options);
  const Closure host = resolver.closure("/app/program"), plugin = resolver.closure("/app/plugin.so");
  CHECK(told(plugin, plugin.findings) == Lines{"/app/plugin.so: undefined host_api"});
  const std::vector<Reference>& wanted = resolver.references(plugin.objects[0].file);
  REQUIRE(wanted.size() == 2);
  CHECK(resolver.provider(host, wanted[0]) == 0);
  CHECK(resolver.provider(host, wanted[1]) == 1);
  CHECK(!resolver.provider(plugin, wanted[0]));
}

TEST_CASE("what a library finds by itself is looked up again where the program brings others") {
  Image image;
  image.library(Object("libbase.so.1").gives("f"));
  image.library(Object("liba.so.1").needs("libbase.so.1").wants("f"));
  image.root.elf("/app/lib/libbase.so.1", Object("libbase.so.1").take());
  image.root.elf("/app/first", Object().needs("liba.so.1").starts_with(debian_interpreter).take());
  image.root.elf("/app/second", Object().needs("liba.so.1").rpath("/app/lib").starts_with(debian_interpreter).take());
  Resolver resolver(image.root, image.options);
  CHECK(resolver.closure("/app/first").findings.empty());
  const Closure second = resolver.closure("/app/second");
  CHECK(told(second, second.findings) == Lines{libraries + "liba.so.1: undefined f"});
}

TEST_CASE("musl: no versions, hidden symbols don't count, libc's names are the loader") {
  MemoryRoot root;
  root.elf(musl_interpreter, Object("libc.so").gives("puts").gives("pthread_create").take());
  root.elf("/usr/lib/libx.so.1",
           Object("libother.so").version("X_1", 2).version("X_2", 3).gives("f", 3).gives("g", 3, true).take());
  root.elf("/app/program", Object()
                               .starts_with(musl_interpreter)
                               .needs("libc.musl-x86_64.so.1")
                               .needs("libpthread.so.0")
                               .needs("libx.so.1")
                               .needs("libother.so")
                               .needs_version("libx.so.1", "X_9", 4)
                               .wants("f", 4)
                               .wants("g", 4)
                               .wants("puts")
                               .wants("none")
                               .take());
  const Closure closure = Resolver(root, {}).closure("/app/program");
  CHECK(names(closure) == Lines{"program", "ld-musl-x86_64.so.1", "libx.so.1"});
  CHECK(closure.kind == Loader::Kind::musl);
  // It knows files, not sonames.
  CHECK(told(closure, closure.findings) == Lines{"/app/program: library missing libother.so",
                                                 "/app/program: undefined libx.so.1 X_9 g",
                                                 "/app/program: undefined none"});
}

TEST_CASE("ten thousand libraries that need each other") {
  Image image;
  constexpr std::size_t count = 10000;
  for (std::size_t n = 0; n < count; ++n) {
    Object object("lib" + std::to_string(n) + ".so");
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{77}})
      object.needs("lib" + std::to_string((n + step) % count) + ".so");
    object.gives("f" + std::to_string(n)).wants("f" + std::to_string((n * 7 + 1) % count)).wants("all");
    image.library(std::move(object));
  }
  image.program(Object().needs("lib0.so").gives("all"));
  const auto start = std::chrono::steady_clock::now();
  const Closure closure = image.closure();
  CHECK(closure.objects.size() == count + 1);
  CHECK(closure.findings.empty());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}
