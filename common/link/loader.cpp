// SPDX-License-Identifier: Apache-2.0
#include "link/loader.hpp"

#include "link/machine.hpp"
#include "link/paths.hpp"

#include <algorithm>
#include <array>
#include <elf.h>

// glibc has its default directories built in, and they follow from where its loader was installed: Debian's multiarch
// folders, then /lib and /usr/lib; elsewhere the folder (lib64, lib, lib32) in / and /usr. Where the loader of a 64-bit
// machine is in /lib as its ABI says, libraries may be in lib64 all the same (Fedora on AArch64). A loader in some
// other place (Nix, Guix) searches the folder it is in.
namespace fn::link {
namespace {

constexpr std::string_view musl_name = "ld-musl-";

bool is_multiarch(std::string_view folder) {
  return std::count(folder.begin(), folder.end(), '-') >= 2 && folder.find("-linux-") != folder.npos;
}

// "/lib/x86_64-linux-gnu" and "/usr/lib/x86_64-linux-gnu" are the same place for a C library: "lib/x86_64-linux-gnu".
std::string_view without_prefix(std::string_view directory) {
  if (directory.starts_with("/usr/")) directory.remove_prefix(4);
  return directory.substr(std::min<std::size_t>(1, directory.size()));
}

void glibc_directories(Loader& loader, const elf::Facts& needs) {
  if (loader.path.empty()) return;
  const std::string_view directory = directory_of(loader.file ? loader.file->path : loader.path);
  std::string_view folder = without_prefix(directory);
  const auto add = [&](std::string_view place) {
    for (const std::string_view prefix : {"/", "/usr/"})
      loader.directories.push_back(std::string(prefix).append(place));
  };
  if (is_multiarch(last_component(folder))) {
    loader.lib = folder;
    add(folder);
    add("lib");
    return;
  }
  if (!folder.starts_with("lib") || folder.find('/') != folder.npos) {
    loader.lib = last_component(folder);
    loader.directories = {std::string(directory)};
    return;
  }
  const bool is_64 = needs.word_bits == 64;
  loader.lib = is_64 && needs.machine != EM_ALPHA ? "lib64" : folder;
  if (needs.machine == EM_RISCV && is_64) add("lib64/lp64d");
  if (loader.lib != folder) add(loader.lib);
  add(folder);
}

void musl_directories(Loader& loader, const Root& root) {
  const std::string_view name = last_component(loader.path);
  const std::string_view architecture = name.substr(musl_name.size(), name.find('.') - musl_name.size());
  // /lib/ld-musl-x86_64.so.1 asks /etc, /opt/lib/ld-musl-x86_64.so.1 /opt/etc.
  const std::string prefix(directory_of(directory_of(loader.path)));
  const auto configured = root.content(prefix + "/etc/ld-musl-" + std::string(architecture) + ".path");
  loader.directories = split_paths(configured.value_or("/lib:/usr/local/lib:/usr/lib"), ":\n");
  std::erase(loader.directories, "");
}

struct Usual {
  std::uint16_t machine;
  std::uint8_t word_bits;
  std::array<std::string_view, 3> paths;  // of glibc, then of musl
};

// The ABI of each machine names the path.
constexpr auto usual_paths = std::to_array<Usual>({
    {EM_X86_64, 64, {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"}},
    {EM_X86_64, 32, {"/libx32/ld-linux-x32.so.2", "/lib/ld-musl-x32.so.1"}},
    {EM_386, 32, {"/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"}},
    {EM_AARCH64, 64, {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"}},
    {EM_ARM, 32, {"/lib/ld-linux-armhf.so.3", "/lib/ld-linux.so.3", "/lib/ld-musl-armhf.so.1"}},
    {EM_PPC64, 64, {"/lib64/ld64.so.2", "/lib64/ld64.so.1", "/lib/ld-musl-powerpc64le.so.1"}},
    {EM_S390, 64, {"/lib/ld64.so.1", "/lib/ld-musl-s390x.so.1"}},
    {EM_RISCV, 64, {"/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-musl-riscv64.so.1"}},
    {machine_loongarch, 64, {"/lib64/ld-linux-loongarch-lp64d.so.1", "/lib/ld-musl-loongarch64.so.1"}},
});

bool is_musl(std::string_view interpreter) {
  return last_component(interpreter).starts_with(musl_name);
}

// Alpine's libraries need libc.musl-x86_64.so.1, those of other makers libc.so.
bool wants_musl(const elf::Facts& library) {
  return std::any_of(library.needed.begin(), library.needed.end(),
                     [](const std::string& name) { return name == "libc.so" || name.starts_with("libc.musl-"); });
}

}  // namespace

Loader loader_at(std::string_view interpreter, const elf::Facts& needs, const Root& root) {
  Loader loader;
  loader.path = interpreter;
  loader.file = root.file(interpreter);
  loader.platform = platform_of(needs);
  if (is_musl(interpreter)) {
    loader.kind = Loader::Kind::musl;
    musl_directories(loader, root);
  } else {
    glibc_directories(loader, needs);
  }
  return loader;
}

std::string usual_interpreter(const elf::Facts& library, const Root& root) {
  std::string found;
  for (const Usual& usual : usual_paths) {
    if (usual.machine != library.machine || usual.word_bits != library.word_bits) continue;
    for (const std::string_view path : usual.paths) {
      if (path.empty()) continue;
      const auto file = root.file(path);
      if (!file || !file->facts || !same_machine(*file->facts, library)) continue;
      if (is_musl(path) == wants_musl(library)) return std::string(path);
      if (found.empty()) found = path;
    }
  }
  return found;
}

}  // namespace fn::link
