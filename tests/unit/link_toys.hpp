// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elf/file.hpp"
#include "link/resolve.hpp"
#include "scratch.hpp"
#include "sys/process.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

// Objects that the installed linker makes, and what the installed loader says of them.
namespace fn::link {

// This machine's own files.
class DiskRoot final : public Root {
 public:
  std::optional<File> file(std::string_view path) const override {
    std::error_code error;
    const std::string whole = std::filesystem::canonical(path, error).string();
    struct stat status {};
    if (error || stat(whole.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return File{whole, status.st_ino, facts(whole, status.st_ino)};
  }
  bool is_directory(std::string_view path) const override { return std::filesystem::is_directory(path); }
  std::optional<std::string> content(std::string_view path) const override {
    if (!std::filesystem::exists(path)) return std::nullopt;
    return sys::read_file(std::string(path), 16 * MiB);
  }

 private:
  const elf::Facts* facts(const std::string& path, std::uint64_t inode) const {
    const auto known = facts_.find(inode);
    if (known != facts_.end()) return known->second.get();
    const sys::Fd fd = sys::open_file(path, O_RDONLY);
    elf::FdSource source(fd.get(), path);
    auto read = elf::read_facts(source);
    return (facts_[inode] = read ? std::make_unique<elf::Facts>(std::move(*read)) : nullptr).get();
  }
  mutable std::map<std::uint64_t, std::unique_ptr<elf::Facts>> facts_;
};

// What a loader says, or what we say of it, in the same words: "libx.so => PATH", "PROGRAM: undefined f@V_1".
struct Verdict {
  std::vector<std::string> loaded;  // in order
  std::set<std::string> complaints;

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

inline std::string printed(const Verdict& verdict) {
  std::string text;
  for (const std::string& line : verdict.loaded) text += "  " + line + '\n';
  for (const std::string& line : verdict.complaints) text += "  ! " + line + '\n';
  return text;
}

inline std::string canonical(std::string_view path) {
  std::error_code error;
  const auto whole = std::filesystem::canonical(path, error);
  return error ? std::string(path) : whole.string();
}

inline bool is_missing(const Closure& closure) {
  return std::any_of(closure.findings.begin(), closure.findings.end(),
                     [](const Finding& finding) { return finding.problem == Problem::library_missing; });
}

inline Verdict our_verdict(const Root& root, const std::string& program, const Options& options) {
  Resolver resolver(root, options);
  const Closure closure = resolver.closure(program);
  Verdict verdict;
  for (std::size_t n = 1; n < closure.objects.size(); ++n) {
    const Loaded& loaded = closure.objects[n];
    const std::string name = loaded.rule == Rule::loader ? loaded.path : std::string(loaded.needed_as);
    verdict.loaded.push_back(name + " => " + loaded.file.path);
  }
  for (const auto* list : {&closure.findings, &closure.weak}) {
    for (const Finding& finding : *list) {
      const std::string by = closure.objects[finding.object].file.path + ": ";
      const std::string version(finding.version), path = canonical(finding.path);
      switch (finding.problem) {
        case Problem::library_missing:
          verdict.complaints.insert("missing " + std::string(finding.library));
          break;
        case Problem::version_missing:
          verdict.complaints.insert(by + path + ": version " + version);
          break;
        case Problem::versions_missing:
          verdict.complaints.insert(by + path + ": no versions");
          if (!finding.symbol.empty()) verdict.complaints.insert("assertion");
          break;
        case Problem::symbol_undefined:
          // A loader says nothing of weak ones, and without warnings, as with a library missing, of others.
          if (list == &closure.weak || is_missing(closure)) break;
          verdict.complaints.insert(by + "undefined " + std::string(finding.symbol) + "@" + version);
          break;
        default:
          verdict.complaints.insert("unusable " + std::string(finding.library));
      }
    }
  }
  return verdict;
}

// One line of the loader's trace mode, with warnings.
inline void take_trace_line(const std::string& line, Verdict& verdict) {
  const auto between = [&](std::string_view before, std::string_view after) {
    const std::size_t from = line.find(before) + before.size();
    return line.substr(from, line.find(after, from) - from);
  };
  const auto has = [&](std::string_view part) { return line.find(part) != line.npos; };
  if (has("linux-vdso") || line.starts_with("\t\t")) return;
  if (has(" => not found")) {
    verdict.complaints.insert("missing " + between("\t", " => "));
  } else if (line.starts_with('\t') && has(" => ") && has(" (0x")) {
    verdict.loaded.push_back(between("\t", " => ") + " => " + canonical(between(" => ", " (0x")));
  } else if (line.starts_with('\t') && has(" (0x")) {
    verdict.loaded.push_back(between("\t", " (0x") + " => " + canonical(between("\t", " (0x")));
  } else if (has("undefined symbol: ")) {
    const std::string version = has(", version ") ? between(", version ", "\t") : "";
    const std::string name = between("undefined symbol: ", version.empty() ? "\t" : ",");
    verdict.complaints.insert(canonical(between("\t(", ")")) + ": undefined " + name + "@" + version);
  } else if (has("no version information available")) {
    verdict.complaints.insert(canonical(between("(required by ", ")")) + ": " +
                              canonical(between(": ", ": no version")) + ": no versions");
  } else if (has("version `")) {
    const std::string path = has("weak version") ? between(": ", ": weak version") : between(": ", ": version");
    verdict.complaints.insert(canonical(between("(required by ", ")")) + ": " + canonical(path) + ": version " +
                              between("version `", "'"));
  } else if (has("Assertion `version->filename")) {
    verdict.complaints.insert("assertion");
  }
}

class Toys {
 public:
  Toys() {
    scratch_.write("try.s", ".globl _start\n_start:\n");
    works_ = run("gcc -nostdlib -pie -o try try.s 2>log && test -e /lib64/ld-linux-x86-64.so.2");
  }

  // Whether there are a compiler and a loader that we know to call.
  explicit operator bool() const { return works_; }
  std::string path(const std::string& name) const { return scratch_.path(name); }
  void write(const std::string& name, std::string_view text) const { scratch_.write(name, text); }
  // Runs a command of the shell in the folder.
  bool run(const std::string& command) const {
    sys::Process::Options options;
    options.environment = sys::environment();
    return sys::Process::spawn({"/bin/sh", "-c", "cd " + scratch_.path() + " && " + command}, options).wait() == 0;
  }
  Verdict loader_verdict(const std::string& program, const std::string& environment = "") const {
    // With a library missing, warnings make some loaders crash.
    run("LD_TRACE_LOADED_OBJECTS=1 " + environment + " /lib64/ld-linux-x86-64.so.2 " + path(program) + " >plain 2>&1");
    if (scratch_.read("plain").find(" => not found") == std::string::npos)
      run("LD_TRACE_LOADED_OBJECTS=1 LD_WARN=yes LD_BIND_NOW=1 LD_VERBOSE=1 " + environment +
          " /lib64/ld-linux-x86-64.so.2 " + path(program) + " >plain 2>&1");
    Verdict verdict;
    std::istringstream lines(scratch_.read("plain"));
    for (std::string line; std::getline(lines, line);) take_trace_line(line, verdict);
    return verdict;
  }

 private:
  Scratch scratch_;
  bool works_ = false;
};

}  // namespace fn::link
