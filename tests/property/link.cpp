// SPDX-License-Identifier: Apache-2.0
// Two libraries and a program with random symbols and versions, linked against each other, then replaced by libraries
// with others: what we say of the result is what the installed loader says.
#include "link_toys.hpp"
#include "support.hpp"

#include <fmt/format.h>
#include <iostream>

using namespace fn;
using namespace fn::link;

namespace {

constexpr int symbols = 4, versions = 3;

// How a library defines a symbol: not at all, without a version, or by each version of a set, of which one may be the
// default.
struct Definition {
  int kind = 0;      // 0 none, 1 without a version, 2 and on: of `mask`
  int mask = 0;      // bit n: V_(n+1)
  int standard = 0;  // the default among them; none if it isn't one of them
};

struct Library {
  bool has_versions = false;
  int declared = 0;  // versions that it defines besides those of its symbols, bit by bit
  std::vector<Definition> definitions;
};

struct Plan {
  Library before[2], after[2];       // the second needs the first
  std::vector<int> program, second;  // what they refer to: 0 not, 1 strong, 2 weak
};

int number(int limit) {
  return *rc::gen::inRange(0, limit);
}

Library any_library(bool complete) {
  Library library{number(4) != 0, number(1 << versions), {}};
  for (int n = 0; n < symbols; ++n) {
    Definition definition{number(6), 1 + number((1 << versions) - 1), number(versions)};
    if (complete && definition.kind == 0) definition.kind = 2;
    // The linker takes a default only, so what is linked against has one.
    if (complete) definition.mask |= 1 << definition.standard;
    library.definitions.push_back(definition);
  }
  return library;
}

std::vector<int> any_references() {
  std::vector<int> references;
  for (int n = 0; n < symbols; ++n) references.push_back(number(3));
  return references;
}

// Names of the second library differ in their letter, except for the last two, which both may define.
std::string name_of(int library, int symbol) {
  return fmt::format("{}{}", symbol >= symbols - 2 ? 's' : library == 0 ? 'a' : 'b', symbol);
}

std::string references_to(const std::vector<int>& references, int library) {
  std::string text;
  for (int n = 0; n < symbols; ++n) {
    if (references[std::size_t(n)] == 0) continue;
    const std::string name = name_of(library, n);
    if (references[std::size_t(n)] == 2) text += ".weak " + name + '\n';
    text += fmt::format(".type {0},@object\n.dc.a {0}\n", name);
  }
  return text;
}

std::string assembler(const Library& library, int number) {
  std::string text = ".data\n";
  for (int n = 0; n < symbols; ++n) {
    const Definition& definition = library.definitions[std::size_t(n)];
    const std::string name = name_of(number, n);
    const auto define = [&](const std::string& label) {
      text += fmt::format(".globl {0}\n.type {0},@object\n.size {0},8\n{0}: .dc.a 0\n", label);
    };
    if (definition.kind == 0) continue;
    if (!library.has_versions || definition.kind == 1) {
      define(name);
      continue;
    }
    for (int version = 0; version < versions; ++version) {
      if ((definition.mask >> version & 1) == 0) continue;
      const std::string label = fmt::format("{}_{}", name, version);
      define(label);
      text += fmt::format(".symver {},{}{}V_{}\n", label, name, version == definition.standard ? "@@" : "@", version);
    }
  }
  return text;
}

std::string map_of(const Library& library) {
  int defined = library.declared;
  for (const Definition& definition : library.definitions)
    if (definition.kind > 1) defined |= definition.mask;
  std::string text;
  for (int version = 0; version < versions; ++version) {
    if ((defined >> version & 1) == 0) continue;
    text += fmt::format("V_{} {{ {} }};\n", version, text.empty() ? "local: *_*;" : "");
  }
  return text;
}

bool make(const Toys& toys, const Plan& plan, const Library (&libraries)[2]) {
  const char* const names[] = {"a", "b"};
  for (int n = 0; n < 2; ++n) {
    const std::string name = names[n];
    const std::string map = libraries[n].has_versions ? map_of(libraries[n]) : "";
    toys.write(name + ".s", assembler(libraries[n], n) + (n == 1 ? references_to(plan.second, 0) : ""));
    toys.write(name + ".map", map);
    const std::string command = "gcc -shared -nostdlib -o lib" + name + ".so " + name + ".s -Wl,-soname,lib" + name +
                                ".so" + (map.empty() ? "" : " -Wl,--version-script=" + name + ".map") +
                                (n == 1 ? " -Wl,--no-as-needed ./liba.so" : "") + " 2>log";
    if (!toys.run(command)) return false;
  }
  return true;
}

void check(const Toys& toys) {
  const Plan plan{{any_library(true), any_library(true)},
                  {any_library(false), any_library(false)},
                  any_references(),
                  any_references()};
  RC_ASSERT(make(toys, plan, plan.before));
  toys.write("p.s", ".globl _start\n_start:\n.data\n" + references_to(plan.program, 1));
  RC_ASSERT(
      toys.run("gcc -nostdlib -pie -o program p.s -Wl,--no-as-needed ./libb.so ./liba.so "
               "-Wl,-rpath,'$ORIGIN' 2>log"));
  // Half of the time the second library stays, linked against what the first was.
  if (number(2) == 0) {
    RC_ASSERT(toys.run("mv libb.so kept"));
    RC_ASSERT(make(toys, plan, plan.after));
    RC_ASSERT(toys.run("mv kept libb.so"));
  } else {
    RC_ASSERT(make(toys, plan, plan.after));
  }
  const DiskRoot root;
  const Verdict ours = our_verdict(root, toys.path("program"), {});
  const Verdict theirs = toys.loader_verdict("program");
  RC_CLASSIFY(!theirs.complaints.empty(), "complaints");
  if (theirs.complaints.contains("assertion")) {
    // It ends there: what it would have said of symbols is not known.
    RC_ASSERT(ours.complaints.contains("assertion"));
    return;
  }
  if (ours != theirs) std::cerr << "ours:\n" << printed(ours) << "the loader's:\n" << printed(theirs);
  RC_ASSERT(ours == theirs);
}

}  // namespace

int main() {
  property::set_cases(40);
  const Toys toys;
  if (!toys) {
    std::cout << "no gcc, or no /lib64/ld-linux-x86-64.so.2\n";
    return 77;
  }
  return rc::check("libraries with other symbols and versions than those that were linked", [&] { check(toys); }) ? 0
                                                                                                                  : 1;
}
