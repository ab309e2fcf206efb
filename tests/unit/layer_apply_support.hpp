// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/apply.hpp"
#include "layer_support.hpp"
#include "scratch.hpp"
#include "sys/root.hpp"

#include <array>
#include <doctest/doctest.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::layer::test::apply {

using test::Member;
using Layer = std::vector<Member>;

// Entries that belong to whoever runs the test, of second 1000.
inline Member entry(Type type, const std::string& path, const std::string& link = {}) {
  Entry made{.path = path, .type = type};
  made.mode = type == Type::directory ? 0755 : 0644;
  made.uid = geteuid();
  made.gid = getegid();
  made.mtime = 1000;
  made.link = link;
  return bare(std::move(made));
}
inline Member file(const std::string& path, const std::string& content = "new") {
  Member made = entry(Type::file, path);
  made.entry.size = content.size();
  made.content = content;
  return made;
}
inline Member dir(const std::string& path, std::uint32_t mode = 0755) {
  Member made = entry(Type::directory, path);
  made.entry.mode = mode;
  return made;
}
inline Member soft(const std::string& path, const std::string& target) {
  return entry(Type::symlink, path, target);
}
inline Member hard(const std::string& path, const std::string& first) {
  return entry(Type::hardlink, path, first);
}
inline Member whiteout(const std::string& path) {
  return file(path, "");
}

// A directory that layers are applied to, and a file beside it that nobody may touch.
class Target {
 public:
  explicit Target(bool as_root = geteuid() == 0) {
    scratch_.write("outside", "precious");
    std::filesystem::create_directory(path());
    applier_.emplace(sys::Root::open(path()), ApplyOptions{.as_root = as_root, .threads = 2});
  }
  ~Target() { CHECK(scratch_.read("outside") == "precious"); }

  Target& apply(const Layer& layer) {
    PieceSource source(tar_of(layer));
    TarReader reader(source);
    Whiteouts whiteouts;
    for (const Member& member : layer) whiteouts.add(member.entry);
    applier_->apply(reader, whiteouts);
    return *this;
  }
  ApplyResult finish() { return applier_->finish(); }

  std::string outside() const { return scratch_.path("outside"); }
  std::string path(const std::string& below = {}) const { return scratch_.path("target/" + below); }
  bool has(const std::string& below) const {
    struct stat status {};
    return lstat(path(below).c_str(), &status) == 0;
  }
  struct stat status(const std::string& below) const {
    struct stat status {};
    REQUIRE_MESSAGE(lstat(path(below).c_str(), &status) == 0, below);
    return status;
  }
  unsigned mode(const std::string& below) const { return status(below).st_mode & 07777; }
  std::string read(const std::string& below) const { return sys::read_file(path(below), 64 * MiB); }
  std::string read_link(const std::string& below) const {
    std::array<char, 4096> target{};
    const ssize_t length = readlink(path(below).c_str(), target.data(), target.size());
    return length < 0 ? std::string() : std::string(target.data(), std::size_t(length));
  }
  bool same_file(const std::string& a, const std::string& b) const { return status(a).st_ino == status(b).st_ino; }

 private:
  Scratch scratch_;
  std::optional<Applier> applier_;
};

// What the layers are refused for.
inline std::string refusal(const std::vector<Layer>& layers) {
  return error_of(Kind::integrity, [&] {
    Target target;
    for (const Layer& layer : layers) target.apply(layer);
  });
}

}  // namespace fn::layer::test::apply
