// SPDX-License-Identifier: Apache-2.0
// Compiled objects: what we say of them is what the loader of this machine says in its trace mode.
#include "link_toys.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::link;

namespace {

void agrees(const Toys& toys, const std::string& program, const Options& options = {}) {
  const std::string environment = options.library_path.empty() ? "" : "LD_LIBRARY_PATH='" + options.library_path + "'";
  const DiskRoot root;
  const Verdict ours = our_verdict(root, toys.path(program), options);
  const Verdict theirs = toys.loader_verdict(program, environment);
  CHECK(!theirs.loaded.empty());
  CHECK_MESSAGE(ours == theirs, program, "\nours:\n", printed(ours), "the loader's:\n", printed(theirs));
}

// A library, its versions in a map: as program was linked with it, or as it is when the program starts.
void library(const Toys& toys, const std::string& text, const std::string& map, const std::string& flags = "") {
  toys.write("x.c", text);
  toys.write("x.map", map);
  const std::string script = map.empty() ? "" : " -Wl,--version-script=x.map";
  REQUIRE(toys.run("gcc -shared -fPIC -o libx.so x.c -Wl,-soname,libx.so " + flags + script));
}

const char* const one_of_each = R"(
  int f_old(void) { return 1; }
  int f_new(void) { return 2; }
  int g(void) { return 3; }
  __asm__(".symver f_old,f@V_1");
  __asm__(".symver f_new,f@@V_2");)";
const char* const two_versions = "V_1 { global: f; local: *; };\nV_2 { global: f; g; } V_1;\n";

void program(const Toys& toys, const std::string& flags = "-Wl,-rpath,'$ORIGIN'") {
  toys.write("main.c", R"(
    int f(void);
    int g(void);
    int maybe(void) __attribute__((weak));
    int main(void) { return f() + g() + (maybe ? maybe() : 0); })");
  REQUIRE(toys.run("gcc -o program main.c -L. -lx " + flags));
}

}  // namespace

TEST_CASE("the loader's word: versions that go, come back, and never were") {
  const Toys toys;
  if (!toys) return;
  library(toys, one_of_each, two_versions);
  program(toys);
  agrees(toys, "program");
  const char* const without_f = "int g(void) { return 3; }";
  library(toys, without_f, "V_1 { };\nV_2 { global: g; local: *; };\n");
  agrees(toys, "program");
  library(toys, without_f, "V_1 { global: g; local: *; };\n");
  agrees(toys, "program");
  library(toys, "int f(void) { return 1; }\nint g(void) { return 3; }", "", "-nostdlib");
  agrees(toys, "program");
  library(toys, "int h(void) { return 1; }", "", "-nostdlib");
  agrees(toys, "program");
  library(toys, "int puts(const char*);\nint f(void) { return puts(0); }\nint g(void) { return 3; }", "");
  agrees(toys, "program");
}

TEST_CASE("the loader's word: a program that knows no versions") {
  const Toys toys;
  if (!toys) return;
  library(toys, "int f(void) { return 1; }\nint g(void) { return 2; }", "");
  program(toys);
  agrees(toys, "program");
  library(toys, one_of_each, two_versions);
  agrees(toys, "program");
  library(toys, one_of_each, "V_0 { };\nV_1 { global: f; local: *; };\nV_2 { global: f; g; } V_1;\n");
  agrees(toys, "program");
  const std::string hidden = std::string(one_of_each) + "\n__asm__(\".symver g,g@V_2\");";
  library(toys, hidden, "V_0 { };\nV_1 { global: f; };\nV_2 { global: f; } V_1;\n");
  agrees(toys, "program");
  REQUIRE(toys.run("rm libx.so"));
  agrees(toys, "program");
}

TEST_CASE("the loader's word: paths") {
  const Toys toys;
  if (!toys) return;
  library(toys, one_of_each, two_versions);
  const std::string in_lib = "$ORIGIN/lib";
  REQUIRE(toys.run("mkdir -p lib other && cp libx.so lib && cp libx.so other && ln -s libx.so lib/liby.so"));
  toys.write("u.c", "int f(void);\nint u(void) { return f(); }");
  REQUIRE(toys.run("gcc -shared -fPIC -o lib/libu.so u.c -Wl,-soname,libu.so -L. -lx"));
  const std::string needs = "-Wl,--no-as-needed -Llib -lu -Wl,--allow-shlib-undefined ";
  for (const std::string flags :
       {"-Wl,--disable-new-dtags,-rpath,'$ORIGIN/lib'", "-Wl,--enable-new-dtags,-rpath,'${ORIGIN}/lib'",
        "-Wl,-rpath,'$ORIGIN/$PLATFORM:$ORIGIN/lib/../other'", "-Wl,-z,nodefaultlib,-rpath,'$ORIGIN/lib'"}) {
    program(toys, needs + flags);
    agrees(toys, "program");
    agrees(toys, "program", {.library_path = toys.path("other") + ";" + toys.path("lib"), .hwcaps = {}});
  }
  program(toys, "-Wl,--no-as-needed -Llib -ly -Wl,-rpath,'$ORIGIN/lib'");
  agrees(toys, "program");
  REQUIRE(toys.run("mkdir -p 'lib/x86_64-linux-gnu' && mv lib/libu.so lib/x86_64-linux-gnu && cp libx.so other"));
  REQUIRE(toys.run("cp lib/x86_64-linux-gnu/libu.so lib"));
  program(toys, needs + "-Wl,-rpath,'$ORIGIN/$LIB:$ORIGIN/other'");
  REQUIRE(toys.run("rm lib/libu.so"));
  agrees(toys, "program", {.library_path = toys.path("lib"), .hwcaps = {}});
}

TEST_CASE("the loader's word: programs of this machine") {
  const Toys toys;
  if (!toys) return;
  for (const std::string name : {"bash", "python3", "perl", "git", "gcc", "ldd"}) {
    if (std::filesystem::exists("/usr/bin/" + name)) toys.run("ln -s /usr/bin/" + name + " " + name);
    const DiskRoot root;
    const auto file = root.file("/usr/bin/" + name);
    if (!file || !file->facts) continue;
    agrees(toys, name, {.library_path = "", .hwcaps = x86_64_hwcaps(4)});
  }
}
