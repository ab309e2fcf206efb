// SPDX-License-Identifier: Apache-2.0
// Files of the compiler and linker that are installed.
#include "elf_support.hpp"
#include "scratch.hpp"
#include "sys/process.hpp"

#include <cstdlib>

using namespace fn;
using namespace fn::elf;

namespace {

using Names = std::vector<std::string>;

class Toys {
 public:
  Toys() {
    scratch_.write("lib.c", R"(
      int f_old(void) { return 1; }
      int f_new(void) { return 2; }
      int given = 1;
      static int gone(void) { return 3; }
      int calls_it(void) { return gone(); }
      __asm__(".symver f_old,f@V_1");
      __asm__(".symver f_new,f@@V_2");)");
    scratch_.write("lib.map", "V_1 { global: f; given; local: *; };\nV_2 { global: f; } V_1;\n");
    scratch_.write("main.c", R"(
      extern int f(void);
      extern int given;
      extern int maybe(void) __attribute__((weak));
      int main(void) { return f() + given + (maybe ? maybe() : 0); })");
    scratch_.write("call.c", "extern int f(void);\nint main(void) { return f(); }\n");
    scratch_.write("note.c", R"(
      __asm__(".pushsection .note.dlopen,\"a\",@note\n.balign 4\n.long 4, 2f-1f, 0x407c0c0a\n.asciz \"FDO\"\n"
        "1: .asciz \"[{\\\"soname\\\":[\\\"liblz4.so.1\\\"],\\\"priority\\\":\\\"suggested\\\"}]\"\n"
        "2: .balign 4\n.popsection");
      int noted(void) { return 1; })");
    works_ = run("command -v gcc >gcc 2>&1");
    // A compiler is part of what CI installs.
    if (const char* ci = std::getenv("CI")) CHECK((works_ || std::string_view(ci) != "true"));
  }

  explicit operator bool() const { return works_; }
  bool run(const std::string& command) const {
    sys::Process::Options options;
    options.environment = sys::environment();
    return sys::Process::spawn({"/bin/sh", "-c", "cd " + scratch_.path() + " && " + command}, options).wait() == 0;
  }
  // The file that `gcc ARGUMENTS -o out` makes.
  std::string compiled(const std::string& arguments) const {
    REQUIRE(run("gcc " + arguments + " -o out 2>log"));
    return bytes("out");
  }
  std::string bytes(const std::string& name) const { return sys::read_file(scratch_.path(name), 100 * MiB); }
  std::string library(const std::string& flags = "") const {
    const std::string made =
        compiled("-shared -fPIC lib.c -Wl,--version-script=lib.map -Wl,-soname,libtoy.so.1 " + flags);
    CHECK(run("cp out libtoy.so.1 && ln -sf libtoy.so.1 libtoy.so"));
    return made;
  }

 private:
  Scratch scratch_;
  bool works_ = false;
};

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("a library with a version script") {
  const Toys toys;
  if (!toys) return;
  for (const auto* style : {"gnu", "sysv", "both"}) {
    CAPTURE(style);
    const auto facts = facts_of(toys.library(std::string("-Wl,--hash-style=") + style));
    CHECK(facts->soname == "libtoy.so.1");
    Names versions;
    for (const Version& version : facts->defined_versions) versions.push_back(version.name);
    CHECK(versions == Names{"libtoy.so.1", "V_1", "V_2"});
    CHECK(facts->defined_versions[0].is_base);
    const Names symbols = symbols_of(*facts);
    for (const auto* name : {"f@V_1", "f@@V_2", "given@@V_1"}) CHECK(has(symbols, name));
    for (const Symbol& symbol : facts->symbols) CHECK(symbol.name != "gone");
  }
}

TEST_CASE("a program that needs versions of it") {
  const Toys toys;
  if (!toys) return;
  toys.library();
  const auto facts =
      facts_of(toys.compiled("main.c -L. -ltoy -Wl,-z,now -Wl,--enable-new-dtags -Wl,-rpath,'$ORIGIN:/x'"));
  CHECK(facts->interpreter.find("ld") != std::string::npos);
  CHECK(facts->needed == Names{"libtoy.so.1", "libc.so.6"});
  CHECK(facts->runpath == "$ORIGIN:/x");
  CHECK(facts->has_runpath);
  CHECK((facts->dt_flags & DF_BIND_NOW) != 0);
  CHECK((facts->dt_flags_1 & DF_1_NOW) != 0);
  const Names symbols = symbols_of(*facts);
  CHECK(has(symbols, "f@V_2 U"));
  CHECK(has(symbols, "maybe U W"));
  const auto old = facts_of(toys.compiled("main.c -L. -ltoy -Wl,--disable-new-dtags -Wl,-rpath,/y"));
  CHECK(old->rpath == "/y");
  CHECK_FALSE(old->has_runpath);
}

TEST_CASE("a program that gives no symbol: its needs are found by its relocations") {
  const Toys toys;
  if (!toys) return;
  toys.library();
  const auto facts = facts_of(toys.compiled("call.c -L. -ltoy -Wl,--hash-style=gnu"));
  CHECK(has(symbols_of(*facts), "f@V_2 U"));
  for (const Symbol& symbol : facts->symbols) CHECK_FALSE(symbol.is_defined);
}

TEST_CASE("a file without section headers has the same facts") {
  const Toys toys;
  if (!toys) return;
  std::string bytes = toys.library();
  const std::string before = pack(*facts_of(bytes));
  Elf64_Ehdr header;
  std::copy_n(bytes.data(), sizeof header, reinterpret_cast<char*>(&header));
  bytes.resize(header.e_shoff);
  std::fill_n(bytes.begin() + offsetof(Elf64_Ehdr, e_shoff), 8, '\0');
  std::fill_n(bytes.begin() + offsetof(Elf64_Ehdr, e_shnum), 4, '\0');
  CHECK(pack(*facts_of(bytes)) == before);
  CHECK(pack(streamed(bytes, 1000).facts) == before);
}

TEST_CASE("notes of the assembler, objects and static programs") {
  const Toys toys;
  if (!toys) return;
  const auto noted = facts_of(toys.compiled("-shared -fPIC note.c"));
  REQUIRE(noted->dlopen.size() == 1);
  CHECK(noted->dlopen[0] == DlopenNote{{"liblz4.so.1"}, DlopenNote::Priority::suggested, ""});
  const auto object = facts_of(toys.compiled("-c lib.c"));
  CHECK(object->type == ET_REL);
  CHECK_FALSE(object->is_dynamic);
  const auto bare = facts_of(toys.compiled("-shared -nostdlib -fPIC note.c"));
  CHECK(bare->needed.empty());
  CHECK(has(symbols_of(*bare), "noted"));
}
