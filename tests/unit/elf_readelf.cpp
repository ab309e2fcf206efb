// SPDX-License-Identifier: Apache-2.0
// What binutils' readelf says of the programs and libraries of this host, which it takes from their section headers.
#include "elf_support.hpp"
#include "scratch.hpp"
#include "sys/process.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>

using namespace fn;
using namespace fn::elf;

namespace {

using Names = std::vector<std::string>;
namespace fs = std::filesystem;

// What both say of a file, a line for each: "needed libc.so.6", "symbol puts@GLIBC_2.2.5 U", ..
struct Said {
  Names lines;
  void add(const std::string& line) { lines.push_back(line); }
};

Names words_of(const std::string& line) {
  std::istringstream in(line);
  Names words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// "[libc.so.6]" at the end of the line.
std::string bracketed(const std::string& line) {
  const auto open = line.find('[');
  return line.substr(open + 1, line.rfind(']') - open - 1);
}

// "1: 0000 0 FUNC GLOBAL DEFAULT UND puts@GLIBC_2.2.5 (2)"
void take_symbol(const Names& words, Said& said) {
  if (words[4] == "LOCAL") return;
  std::string text = words[7];
  if (words[6] == "UND") text += " U";
  if (words[4] == "WEAK") text += " W";
  said.add("symbol " + text);
}

// Flags of a version have several words.
std::string after(const Names& words, const std::string& label) {
  const auto found = std::find(words.begin(), words.end(), label);
  return found == words.end() || found + 1 == words.end() ? "" : found[1];
}

void take_line(std::string line, Said& said) {
  const std::string unique = "<OS specific>: 10";  // readelf knows the name only if the header says GNU
  if (const auto found = line.find(unique); found != std::string::npos) line.replace(found, unique.size(), "UNIQUE");
  const Names words = words_of(line);
  if (words.size() < 3) return;
  const bool is_number = words[0].back() == ':' && words[0].find_first_not_of("0123456789:") == std::string::npos;
  const bool has_value = words[1].size() >= 8 && words[1].find_first_not_of("0123456789abcdef") == std::string::npos;
  if (is_number && words.size() >= 8 && has_value) return take_symbol(words, said);
  if (words[1] == "(NEEDED)") said.add("needed " + bracketed(line));
  if (words[1] == "(SONAME)") said.add("soname " + bracketed(line));
  if (words[1] == "(RPATH)") said.add("rpath " + bracketed(line));
  if (words[1] == "(RUNPATH)") said.add("runpath " + bracketed(line));
  if (words[1] == "Rev:") said.add("defines " + after(words, "Name:") + ' ' + after(words, "Index:"));
  if (words[1] == "Version:") said.add("file " + after(words, "File:"));
  if (words[1] == "Name:") said.add("version " + after(words, "Name:") + ' ' + words.back());
}

Said said_by_us(const Facts& facts) {
  Said said;
  for (const std::string& needed : facts.needed) said.add("needed " + needed);
  if (!facts.soname.empty()) said.add("soname " + facts.soname);
  if (!facts.rpath.empty()) said.add("rpath " + facts.rpath);
  if (!facts.runpath.empty()) said.add("runpath " + facts.runpath);
  for (const Version& version : facts.defined_versions)
    said.add("defines " + version.name + ' ' + std::to_string(version.index));
  for (const VersionNeed& need : facts.needed_versions) {
    said.add("file " + need.file);
    for (const Version& version : need.versions)
      said.add("version " + version.name + ' ' + std::to_string(version.index));
  }
  for (const std::string& symbol : symbols_of(facts)) said.add("symbol " + symbol);
  return said;
}

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

// Dynamic files of the host, at most so many of a directory.
Names files_below(const std::string& directory, std::size_t limit) {
  Names paths;
  if (!fs::exists(directory)) return paths;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_symlink() || !entry.is_regular_file() || entry.file_size() > 2 * MiB) continue;
    const std::string path = entry.path().string();
    const std::string bytes = sys::read_file(path, 2 * MiB);
    if (bytes.starts_with("\x7f"
                          "ELF") &&
        path.find('\'') == std::string::npos)
      paths.push_back(path);
  }
  paths = sorted(paths);
  if (paths.size() > limit) paths.resize(limit);
  return paths;
}

std::map<std::string, Said> said_by_readelf(const Names& paths, const Scratch& scratch) {
  std::string command = "LC_ALL=C readelf -W --dyn-syms -d -V /dev/null";
  for (const std::string& path : paths) command += " '" + path + "'";
  sys::Process::Options options;
  options.environment = sys::environment();
  sys::Process::spawn({"/bin/sh", "-c", command + " >" + scratch.path("said") + " 2>&1"}, options).wait();
  std::map<std::string, Said> all;
  std::istringstream in(sys::read_file(scratch.path("said"), 1000 * MiB));
  Said* current = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("File: ")) {
      current = &all[line.substr(6)];
    } else if (current) {
      take_line(line, *current);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("readelf says the same of the programs and libraries of this host") {
  const Scratch scratch;
  Names paths = files_below("/usr/bin", 130);
  for (const auto* machine : {"x86_64", "aarch64"})
    for (const auto& path : files_below(fmt::format("/usr/lib/{}-linux-gnu", machine), 170)) paths.push_back(path);
  const auto theirs = said_by_readelf(paths, scratch);
  if (theirs.empty()) {
    // It is part of what CI installs.
    const char* ci = std::getenv("CI");
    CHECK((!ci || std::string_view(ci) != "true"));
    return;
  }
  std::size_t compared = 0;
  for (const std::string& path : paths) {
    const auto facts = facts_of(sys::read_file(path, 2 * MiB));
    REQUIRE(facts);
    if (!facts->is_dynamic) continue;
    const Names ours = sorted(said_by_us(*facts).lines), wanted = sorted(theirs.at(path).lines);
    ++compared;
    if (ours == wanted) continue;
    Names missing, surplus;
    std::set_difference(wanted.begin(), wanted.end(), ours.begin(), ours.end(), std::back_inserter(missing));
    std::set_difference(ours.begin(), ours.end(), wanted.begin(), wanted.end(), std::back_inserter(surplus));
    FAIL_CHECK(path << ": " << missing.size() << " only by readelf, the first: " << (missing.empty() ? "" : missing[0])
                    << "; " << surplus.size() << " only by us: " << (surplus.empty() ? "" : surplus[0]));
  }
  CHECK(compared >= 100);
}
