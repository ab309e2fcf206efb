// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "error_of.hpp"
#include "link/root.hpp"

#include <algorithm>
#include <deque>
#include <doctest/doctest.h>
#include <elf.h>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fn::link {

// A tree in memory. Directories come with what is put into them.
class MemoryRoot final : public Root {
 public:
  void elf(const std::string& path, elf::Facts facts) {
    facts_.push_back(std::move(facts));
    put(path, {&facts_.back(), {}, {}, ++inodes_});
  }
  void text(const std::string& path, std::string content) { put(path, {nullptr, std::move(content), {}, ++inodes_}); }
  void link(const std::string& path, std::string target) { put(path, {nullptr, {}, std::move(target), 0}); }
  void hard_link(const std::string& path, const std::string& target) { put(path, nodes_.at(target)); }
  void directory(const std::string& path) { nodes_[path]; }

  std::optional<File> file(std::string_view path) const override {
    const std::string whole = resolved(path);
    const auto node = nodes_.find(whole);
    if (node == nodes_.end() || node->second.inode == 0) return std::nullopt;
    return File{whole, node->second.inode, node->second.facts};
  }
  bool is_directory(std::string_view path) const override {
    const auto node = nodes_.find(resolved(path));
    return node != nodes_.end() && node->second.inode == 0 && node->second.target.empty();
  }
  std::optional<std::string> content(std::string_view path) const override {
    const auto node = nodes_.find(resolved(path));
    if (node == nodes_.end() || node->second.inode == 0) return std::nullopt;
    return node->second.content;
  }

 private:
  struct Node {
    const elf::Facts* facts = nullptr;
    std::string content;
    std::string target;       // of a symbolic link
    std::uint64_t inode = 0;  // 0: a directory or a link
  };

  void put(const std::string& path, Node node) {
    for (std::size_t at = path.rfind('/'); at != 0 && at != path.npos; at = path.rfind('/', at - 1))
      nodes_[path.substr(0, at)];
    nodes_[path] = std::move(node);
  }

  std::string resolved(std::string_view path, int links = 0) const {
    std::string out;
    while (!path.empty()) {
      const std::size_t slash = std::min(path.find('/'), path.size());
      const std::string_view component = path.substr(0, slash);
      path.remove_prefix(std::min(slash + 1, path.size()));
      if (component.empty() || component == ".") continue;
      if (component == "..") {
        out.resize(out.empty() ? 0 : out.rfind('/'));
        continue;
      }
      const std::string next = (out + '/').append(component);
      const auto node = nodes_.find(next);
      if (node == nodes_.end() || node->second.target.empty()) {
        out = next;
        continue;
      }
      if (links == 40) return "/a loop of links";
      const std::string& target = node->second.target;
      const std::string base = target.starts_with('/') ? "" : out + '/';
      const std::string rest = (base + target + '/').append(path);
      return resolved(rest, links + 1);
    }
    return out.empty() ? "/" : out;
  }

  std::map<std::string, Node> nodes_;
  std::deque<elf::Facts> facts_;
  std::uint64_t inodes_ = 0;
};

// Facts of an x86-64 object, filled in a chain: object("libx.so.1").needs("libc.so.6").take().
class Object {
 public:
  explicit Object(std::string soname = {}) {
    facts_.machine = EM_X86_64;
    facts_.type = ET_DYN;
    facts_.is_dynamic = true;
    facts_.soname = std::move(soname);
  }
  Object& machine(std::uint16_t machine, std::uint8_t bits) {
    facts_.machine = machine;
    facts_.word_bits = bits;
    return *this;
  }
  Object& needs(const std::string& name) { return facts_.needed.push_back(name), *this; }
  Object& rpath(std::string list) { return facts_.rpath = std::move(list), *this; }
  Object& runpath(std::string list) { return facts_.has_runpath = true, facts_.runpath = std::move(list), *this; }
  Object& flags_1(std::uint64_t flags) { return facts_.dt_flags_1 |= flags, *this; }
  Object& type(std::uint16_t type) { return facts_.type = type, *this; }
  Object& isa(std::uint32_t needed) { return facts_.isa_needed = needed, *this; }
  Object& loads(elf::DlopenNote note) { return facts_.dlopen.push_back(std::move(note)), *this; }
  Object& starts_with(std::string interpreter) { return facts_.interpreter = std::move(interpreter), *this; }
  // A version of its own, for index 2 and on.
  Object& version(std::string name, std::uint16_t index, bool is_base = false) {
    facts_.defined_versions.push_back({std::move(name), index, is_base, false});
    return *this;
  }
  Object& needs_version(std::string file, std::string name, std::uint16_t index, bool is_weak = false) {
    facts_.needed_versions.push_back({std::move(file), {{std::move(name), index, false, is_weak}}});
    return *this;
  }
  Object& gives(std::string name, std::uint16_t version = 1, bool is_hidden = false) {
    return symbol({std::move(name), version, is_hidden, true, false});
  }
  Object& wants(std::string name, std::uint16_t version = 1, bool is_weak = false) {
    return symbol({std::move(name), version, false, false, is_weak});
  }

  elf::Facts take() {
    std::sort(symbols_.begin(), symbols_.end(), [](const Named& a, const Named& b) {
      return std::pair(std::string_view(a.name), a.version) < std::pair(std::string_view(b.name), b.version);
    });
    std::size_t size = 0;
    for (const Named& symbol : symbols_) size += symbol.name.size();
    facts_.names.reserve(size + 1);
    for (const Named& symbol : symbols_) {
      const char* at = facts_.names.data() + facts_.names.size();
      facts_.names.insert(facts_.names.end(), symbol.name.begin(), symbol.name.end());
      facts_.symbols.push_back({std::string_view(at, symbol.name.size()), symbol.version, symbol.is_hidden,
                                symbol.is_defined, symbol.is_weak});
    }
    return std::move(facts_);
  }

 private:
  struct Named {
    std::string name;
    std::uint16_t version;
    bool is_hidden, is_defined, is_weak;
  };
  Object& symbol(Named symbol) { return symbols_.push_back(std::move(symbol)), *this; }

  elf::Facts facts_;
  std::vector<Named> symbols_;
};

inline constexpr const char* debian_interpreter = "/lib64/ld-linux-x86-64.so.2";
inline constexpr const char* musl_interpreter = "/lib/ld-musl-x86_64.so.1";

// Debian's places: merged /usr, the loader in a multiarch folder.
inline void put_debian(MemoryRoot& root) {
  root.link("/lib", "usr/lib");
  root.link("/lib64", "usr/lib64");
  root.elf("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
           Object("ld-linux-x86-64.so.2").gives("_rtld_global").take());
  root.link("/usr/lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
}

}  // namespace fn::link
