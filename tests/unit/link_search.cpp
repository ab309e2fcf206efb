// SPDX-License-Identifier: Apache-2.0
#include "link/paths.hpp"
#include "link/search.hpp"
#include "link_cache_bytes.hpp"
#include "link_support.hpp"

using namespace fn;
using namespace fn::link;

namespace {

// One program at /app/bin/program, and a library of it that asks, too.
struct Case {
  MemoryRoot root;
  Options options;
  elf::Facts program = Object().starts_with(debian_interpreter).take();
  elf::Facts library = Object("libowner.so").take();

  Case() { put_debian(root); }
  void put(const std::string& path) { root.elf(path, Object("lib").take()); }

  std::string ask(std::string_view name, bool from_library, std::string_view interpreter) {
    Search search(root, options);
    const Loader loader = loader_at(interpreter, program, root);
    const Requester first{&program, "/app/bin", nullptr};
    const Requester second{&library, "/app/lib", &first};
    const auto found = search.find(loader, name, from_library ? second : first);
    return found ? std::string(rule_name(found->rule)) + " " + found->path : "nothing";
  }
  std::string program_asks(std::string_view name) { return ask(name, false, debian_interpreter); }
  std::string library_asks(std::string_view name) { return ask(name, true, debian_interpreter); }
  std::string musl_program_asks(std::string_view name) { return ask(name, false, musl_interpreter); }
  std::string musl_library_asks(std::string_view name) { return ask(name, true, musl_interpreter); }
};

std::vector<std::string> directories_of(const std::string& interpreter, const std::string& place,
                                        std::uint16_t machine = EM_X86_64) {
  MemoryRoot root;
  root.elf(place, Object().machine(machine, 64).take());
  if (place != interpreter) root.link(interpreter, place);
  return loader_at(interpreter, Object().machine(machine, 64).take(), root).directories;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("tokens and lists of paths") {
  const Tokens tokens{"/o", "lib64", "x86_64"};
  CHECK(expanded("$ORIGIN/../$LIB:${PLATFORM}${ORIGIN}", tokens) == "/o/../lib64:x86_64/o");
  CHECK(expanded("$ORIGINAL/${LIB/$/${}$LIBS$", tokens) == "$ORIGINAL/${LIB/$/${}$LIBS$");
  CHECK(split_paths("", ":").empty());
  CHECK(split_paths("/a:", ":;") == Paths{"/a", ""});
  CHECK(split_paths("/a;/b:c", ":;") == Paths{"/a", "/b", "c"});
}

TEST_CASE("directories that a loader has built in follow from where it is") {
  CHECK(directories_of(debian_interpreter, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2") ==
        Paths{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"});
  CHECK(directories_of(debian_interpreter, "/usr/lib64/ld-linux-x86-64.so.2") == Paths{"/lib64", "/usr/lib64"});
  CHECK(directories_of(debian_interpreter, "/usr/lib/ld-linux-x86-64.so.2") ==
        Paths{"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  CHECK(directories_of("/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-aarch64.so.1", EM_AARCH64) ==
        Paths{"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  CHECK(directories_of("/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-linux-riscv64-lp64d.so.1", EM_RISCV) ==
        Paths{"/lib64/lp64d", "/usr/lib64/lp64d", "/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  const std::string nix = "/nix/store/0a1-glibc-2.40/lib/ld-linux-x86-64.so.2";
  CHECK(directories_of(nix, nix) == Paths{"/nix/store/0a1-glibc-2.40/lib"});
  CHECK(directories_of(musl_interpreter, musl_interpreter) == Paths{"/lib", "/usr/local/lib", "/usr/lib"});
}

TEST_CASE("what a library would be loaded by") {
  MemoryRoot root;
  CHECK(usual_interpreter(Object().take(), root).empty());
  root.elf(musl_interpreter, Object().take());
  CHECK(usual_interpreter(Object().take(), root) == musl_interpreter);
  put_debian(root);
  CHECK(usual_interpreter(Object().take(), root) == debian_interpreter);
  root.elf("/usr/lib/ld-musl-x86_64.so.1", Object().take());
  CHECK(usual_interpreter(Object().needs("libc.musl-x86_64.so.1").take(), root) == musl_interpreter);
  CHECK(usual_interpreter(Object().machine(EM_AARCH64, 64).take(), root).empty());
}

TEST_CASE("glibc's order: rpath, library path, cache or runpath, default directories") {
  Case c;
  for (const auto path : {"/rpath/libx.so", "/env/libx.so", "/runpath/libx.so", "/usr/lib/libx.so"}) c.put(path);
  CHECK(c.program_asks("libx.so") == "default directory /lib/libx.so");
  c.program.rpath = "/none:/rpath";
  CHECK(c.program_asks("libx.so") == "rpath /rpath/libx.so");
  c.options.library_path = "/none;/env";
  CHECK(c.program_asks("libx.so") == "rpath /rpath/libx.so");
  c.program.has_runpath = true;
  c.program.runpath = "/runpath";
  CHECK(c.program_asks("libx.so") == "library path /env/libx.so");
  c.options.library_path.clear();
  CHECK(c.program_asks("libx.so") == "runpath /runpath/libx.so");
}

TEST_CASE("the cache comes before default directories, unless its file is not there") {
  Case c;
  for (const auto path : {"/usr/lib/libx.so", "/opt/x/libx.so", "/opt/x/libz.so"}) c.put(path);
  c.root.text("/etc/ld.so.cache", new_layout({{"libx.so", "/opt/x/libx.so"}, {"liby.so", "/opt/liby.so"}}));
  CHECK(c.program_asks("libx.so") == "cache /opt/x/libx.so");
  CHECK(c.program_asks("liby.so") == "nothing");
  CHECK(c.program_asks("libz.so") == "nothing");
  c.put("/usr/lib/liby.so");
  CHECK(c.program_asks("liby.so") == "default directory /lib/liby.so");
  // Such a program takes nothing from the cache that is in a default directory.
  c.program.dt_flags_1 = DF_1_NODEFLIB;
  CHECK(c.program_asks("libx.so") == "cache /opt/x/libx.so");
  c.root.text("/etc/ld.so.cache", new_layout({{"libx.so", "/usr/lib/libx.so"}}));
  CHECK(c.program_asks("libx.so") == "nothing");
}

TEST_CASE("rpath goes along the chain of loading, runpath stays with its object") {
  Case c;
  c.put("/rpath/libx.so");
  c.program.rpath = "/rpath";
  CHECK(c.library_asks("libx.so") == "rpath /rpath/libx.so");
  c.library.has_runpath = true;
  CHECK(c.library_asks("libx.so") == "nothing");
  c.library.has_runpath = false;
  c.program.has_runpath = true;
  c.program.runpath = "/rpath";
  CHECK(c.library_asks("libx.so") == "nothing");
  CHECK(c.program_asks("libx.so") == "runpath /rpath/libx.so");
}

TEST_CASE("tokens are of the object that has the list") {
  Case c;
  c.put("/app/lib/x86_64-linux-gnu/libx.so");
  c.put("/app/x86_64/liby.so");
  c.program.rpath = "$ORIGIN/../${LIB}:${ORIGIN}/../$PLATFORM";
  CHECK(c.library_asks("libx.so") == "rpath /app/bin/../lib/x86_64-linux-gnu/libx.so");
  CHECK(c.library_asks("liby.so") == "rpath /app/bin/../x86_64/liby.so");
  c.program.rpath.clear();
  c.put("/app/lib/libz.so");
  c.options.library_path = "$ORIGIN/../lib";
  CHECK(c.library_asks("libz.so") == "library path /app/bin/../lib/libz.so");
  CHECK(c.library_asks("$ORIGIN/libz.so") == "path /app/lib/libz.so");
  CHECK(c.program_asks("$ORIGIN/libz.so") == "nothing");
}

TEST_CASE("names with a slash and relative paths start at the working directory") {
  Case c;
  c.put("/app/lib/libx.so");
  c.options.working_directory = "/app";
  CHECK(c.program_asks("/app/lib/libx.so") == "path /app/lib/libx.so");
  CHECK(c.program_asks("lib/libx.so") == "path /app/lib/libx.so");
  CHECK(c.program_asks("/lib/libx.so") == "nothing");
  c.options.library_path = "lib";
  CHECK(c.program_asks("libx.so") == "library path /app/lib/libx.so");
  c.options.working_directory = "/app/lib";
  c.options.library_path = "/none:";
  CHECK(c.program_asks("libx.so") == "library path /app/lib/libx.so");
}

TEST_CASE("an object of another machine or class is passed over, any other file is not") {
  Case c;
  c.root.elf("/a/libx.so", Object().machine(EM_AARCH64, 64).take());
  c.root.elf("/b/libx.so", Object().machine(EM_386, 32).take());
  c.put("/c/libx.so");
  c.options.library_path = "/a:/b:/c";
  CHECK(c.program_asks("libx.so") == "library path /c/libx.so");
  c.root.text("/b/libx.so", "INPUT(libx.so.1)");
  CHECK(c.program_asks("libx.so") == "library path /b/libx.so");
}

TEST_CASE("an object without default directories") {
  Case c;
  c.put("/usr/lib/libx.so");
  c.program.dt_flags_1 = DF_1_NODEFLIB;
  CHECK(c.program_asks("libx.so") == "nothing");
  CHECK(c.library_asks("libx.so") == "default directory /lib/libx.so");
  c.options.library_path = "/usr/lib";
  CHECK(c.program_asks("libx.so") == "library path /usr/lib/libx.so");
}

TEST_CASE("folders for better machines") {
  Case c;
  for (const auto path : {"/usr/lib/libx.so", "/usr/lib/glibc-hwcaps/x86-64-v2/libx.so", "/r/libx.so",
                          "/usr/lib/glibc-hwcaps/x86-64-v3/libx.so", "/usr/lib/glibc-hwcaps/x86-64-v3/liby.so",
                          "/r/glibc-hwcaps/x86-64-v2/libx.so"})
    c.put(path);
  CHECK(c.program_asks("libx.so") == "default directory /lib/libx.so");
  CHECK(c.program_asks("liby.so") == "nothing");
  c.options.hwcaps = x86_64_hwcaps(2);
  CHECK(c.program_asks("libx.so") == "default directory /lib/glibc-hwcaps/x86-64-v2/libx.so");
  c.options.hwcaps = x86_64_hwcaps(4);
  CHECK(c.program_asks("liby.so") == "default directory /lib/glibc-hwcaps/x86-64-v3/liby.so");
  c.program.rpath = "/r";
  CHECK(c.program_asks("libx.so") == "rpath /r/glibc-hwcaps/x86-64-v2/libx.so");
  CHECK(x86_64_hwcaps(1).empty());
}

TEST_CASE("a corrupt cache") {
  Case c;
  c.root.text("/etc/ld.so.cache", "glibc-ld.so.cache1.1");
  CHECK(error_of([&] { c.program_asks("libx.so"); }) == "integrity: /etc/ld.so.cache: truncated at 20 bytes");
  c.root.text("/etc/ld.so.cache", "");
  CHECK(c.program_asks("libx.so") == "nothing");
}

TEST_CASE("musl: library path, one kind of path of objects along the chain, its own file or three directories") {
  Case c;
  c.root.elf("/usr/lib/ld-musl-x86_64.so.1", Object().take());
  for (const auto path : {"/env/libx.so", "/runpath/libx.so", "/rpath/libx.so", "/usr/local/lib/libx.so"}) c.put(path);
  CHECK(c.musl_program_asks("libx.so") == "default directory /usr/local/lib/libx.so");
  c.program.rpath = "/rpath";
  CHECK(c.musl_library_asks("libx.so") == "rpath /rpath/libx.so");
  c.program.has_runpath = true;
  c.program.runpath = "/runpath";
  CHECK(c.musl_library_asks("libx.so") == "runpath /runpath/libx.so");
  c.options.library_path = "/env";
  CHECK(c.musl_library_asks("libx.so") == "library path /env/libx.so");
  c.options.library_path = "$ORIGIN";
  c.program.runpath = "/runpath:$LIB";
  CHECK(c.musl_library_asks("libx.so") == "default directory /usr/local/lib/libx.so");
  c.root.text("/etc/ld-musl-x86_64.path", "/none\n\n/env:/rpath\n");
  CHECK(c.musl_library_asks("libx.so") == "default directory /env/libx.so");
  c.root.text("/etc/ld-musl-x86_64.path", "");
  CHECK(c.musl_library_asks("libx.so") == "nothing");
}

TEST_CASE("musl takes the first file that opens, and knows no folders for better machines") {
  Case c;
  c.root.elf("/a/libx.so", Object().machine(EM_AARCH64, 64).take());
  c.put("/b/libx.so");
  c.put("/b/glibc-hwcaps/x86-64-v2/libx.so");
  c.options.library_path = "/a:/b";
  c.options.hwcaps = x86_64_hwcaps(2);
  CHECK(c.musl_program_asks("libx.so") == "library path /a/libx.so");
  c.options.library_path = "/b";
  CHECK(c.musl_program_asks("libx.so") == "library path /b/libx.so");
  c.put("/app/lib/libz.so");
  c.library.rpath = "${ORIGIN}";
  CHECK(c.musl_library_asks("libz.so") == "rpath /app/lib/libz.so");
}
