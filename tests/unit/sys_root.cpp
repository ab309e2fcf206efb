// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "scratch.hpp"
#include "sys/root.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using sys::Fd;
using sys::Root;

namespace {

// A tree with a secret beside it: "root" must never lead to "secret".
class Tree {
 public:
  Tree() {
    scratch.write("secret", "secret");
    scratch.write("root/etc/passwd", "inside");
    scratch.write("root/usr/lib/libc.so", "libc");
    link("usr/lib", "lib");
    link("/usr/lib", "absolute");
    link("../../../../secret", "up");
    link(scratch.path("secret"), "out");
    link("../etc/passwd", "usr/passwd");
    link("/etc/passwd", "usr/lib/absolute-passwd");
    link("loop", "loop");
    link("nowhere", "dangling");
    link("/../..", "root-again");
  }

  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, scratch.path("root/" + name));
  }
  Root root() const { return Root::open(scratch.path("root")); }

  Scratch scratch;
};

using Open = std::function<int(const Root&, const std::string&, int, unsigned)>;

// What is in the file at `path`, or the error.
std::string content(const Open& open, const Root& root, const std::string& path, int flags = O_RDONLY) {
  const Fd fd(open(root, path, flags, 0));
  if (!fd) return std::generic_category().message(errno);
  struct stat status {};
  fstat(fd.get(), &status);
  if (S_ISDIR(status.st_mode)) return "directory";
  if (S_ISLNK(status.st_mode)) return "link";
  return sys::read_fd(fd.get(), path, MiB);
}

void check_resolution(const Open& open) {
  const Tree tree;
  const Root root = tree.root();
  const auto at = [&](const std::string& path, int flags = O_RDONLY) { return content(open, root, path, flags); };

  CHECK(at("etc/passwd") == "inside");
  CHECK(at("/etc//./passwd") == "inside");
  CHECK(at("../../../etc/passwd") == "inside");
  CHECK(at("etc/../usr/../etc/passwd") == "inside");
  CHECK(at("") == "directory");
  CHECK(at("/") == "directory");
  CHECK(at("..") == "directory");
  CHECK(at("etc/") == "directory");

  CHECK(at("lib/libc.so") == "libc");
  CHECK(at("absolute/libc.so") == "libc");
  CHECK(at("usr/passwd") == "inside");
  CHECK(at("usr/lib/absolute-passwd") == "inside");
  CHECK(at("lib/../passwd") == "inside");  // beside what the link leads to
  CHECK(at("root-again/etc/passwd") == "inside");

  CHECK(at("up") == "No such file or directory");
  CHECK(at("out") == "No such file or directory");
  CHECK(at("../secret") == "No such file or directory");
  CHECK(at("etc/../../secret") == "No such file or directory");
  CHECK(at("dangling") == "No such file or directory");
  CHECK(at("loop") == "Too many levels of symbolic links");
  CHECK(at("etc/passwd/x") == "Not a directory");
  CHECK(at("etc/passwd/") == "Not a directory");
  CHECK(at("etc/passwd", O_RDONLY | O_DIRECTORY) == "Not a directory");
  CHECK(at(std::string(300, 'x')) == "File name too long");
  CHECK(at(std::string(2100, '/') + std::string(2100, '/')) == "File name too long");

  CHECK(at("usr/passwd", O_RDONLY | O_NOFOLLOW) == "Too many levels of symbolic links");
  CHECK(at("usr/passwd", O_PATH | O_NOFOLLOW) == "link");
  CHECK(at("lib/libc.so", O_RDONLY | O_NOFOLLOW) == "libc");
  CHECK(at("lib/", O_PATH | O_NOFOLLOW) == "directory");
}

void check_creation(const Open& open) {
  const Tree tree;
  const Root root = tree.root();
  CHECK(Fd(open(root, "lib/new", O_WRONLY | O_CREAT | O_EXCL, 0640)));
  struct stat status {};
  REQUIRE(stat(tree.scratch.path("root/usr/lib/new").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);

  CHECK_FALSE(Fd(open(root, "dangling", O_WRONLY | O_CREAT | O_EXCL, 0644)));
  CHECK(errno == EEXIST);
  CHECK(Fd(open(root, "dangling", O_WRONLY | O_CREAT, 0644)));
  CHECK(std::filesystem::exists(tree.scratch.path("root/nowhere")));

  const Fd out(open(root, "out", O_WRONLY | O_CREAT | O_TRUNC, 0644));
  CHECK(tree.scratch.read("secret") == "secret");
}

void check_link_limit(const Open& open) {
  const Tree tree;
  tree.link("etc/passwd", "l1");
  for (int i = 2; i <= 41; ++i) tree.link(fmt::format("l{}", i - 1), fmt::format("l{}", i));
  const Root root = tree.root();
  CHECK(content(open, root, "l40") == "inside");
  CHECK(content(open, root, "l41") == "Too many levels of symbolic links");
}

int by_kernel(const Root& root, const std::string& path, int flags, unsigned mode) {
  return root.try_open(path, flags, mode);
}
int by_walking(const Root& root, const std::string& path, int flags, unsigned mode) {
  return sys::open_by_walking(root.fd(), path, flags, mode);
}

}  // namespace

TEST_CASE("no path leads out of a tree") {
  check_resolution(by_kernel);
}
TEST_CASE("no path leads out of a tree on an old kernel") {
  check_resolution(by_walking);
}
TEST_CASE("files are made inside") {
  check_creation(by_kernel);
}
TEST_CASE("files are made inside on an old kernel") {
  check_creation(by_walking);
}
TEST_CASE("forty links are followed and no more") {
  check_link_limit(by_kernel);
}
TEST_CASE("forty links are followed and no more on an old kernel") {
  check_link_limit(by_walking);
}

TEST_CASE("what turns into a link while it is opened leads nowhere else") {
  const Tree tree;
  tree.scratch.write("outside/file", "secret");
  tree.scratch.write("root/directory/file", "inside");
  tree.scratch.write("root/file", "inside");
  tree.link(tree.scratch.path("outside"), "bad-directory");
  tree.link(tree.scratch.path("secret"), "bad-file");
  const Root root = tree.root();
  const std::jthread attacker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      renameat2(root.fd(), "directory", root.fd(), "bad-directory", RENAME_EXCHANGE);
      renameat2(root.fd(), "file", root.fd(), "bad-file", RENAME_EXCHANGE);
    }
  });
  int inside = 0;
  int leaked = 0;
  for (int i = 0; i < 5000; ++i) {
    for (const Open& open : {Open(by_walking), Open(by_kernel)}) {
      for (const auto* path : {"directory/../directory/file", "file"}) {
        const std::string got = content(open, root, path);
        if (got == "inside") ++inside;
        if (got == "secret") ++leaked;
      }
    }
  }
  CHECK(leaked == 0);
  CHECK(inside > 0);
}

TEST_CASE("every descriptor is closed in other programs") {
  const Tree tree;
  const Root root = tree.root();
  const Fd kernel(by_kernel(root, "etc/passwd", O_RDONLY, 0));
  const Fd walked(by_walking(root, "etc/passwd", O_RDONLY, 0));
  const Fd walked_directory(by_walking(root, "", O_RDONLY, 0));
  for (const Fd* fd : {&kernel, &walked, &walked_directory}) CHECK((fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a root that can't be opened is named") {
  const Scratch scratch;
  scratch.write("file", "");
  CHECK(error_of([&] { Root::open(scratch.path("no")); }) ==
        "not_found: cannot open '" + scratch.path("no") + "': no such file or directory");
  CHECK(error_of([&] { Root::open(scratch.path("file")); }) ==
        "usage: '" + scratch.path("file") + "' is not a directory");
}

TEST_CASE("opening says which path failed") {
  const Tree tree;
  const Root root = tree.root();
  CHECK(error_of([&] { root.open("no\x1b", O_RDONLY); }) ==
        "not_found: cannot open 'no\\x1b': no such file or directory");
  CHECK(error_of([&] { root.open("loop", O_RDONLY); }) ==
        "failure: cannot open 'loop': too many levels of symbolic links");
  CHECK(error_of([&] { root.open(std::string("etc\0/passwd", 11), O_RDONLY); }) ==
        "failure: cannot open 'etc\\x00/passwd': invalid argument");
}

TEST_CASE("a place is a directory and a name in it") {
  const Tree tree;
  const Root root = tree.root();
  const Root::Place place = root.place("/lib/libc.so");
  CHECK(place.name == "libc.so");
  CHECK(faccessat(place.dir.get(), "libc.so", F_OK, 0) == 0);
  CHECK(root.place("up").name == "up");
  CHECK(root.place("etc/x/../passwd/").name == "passwd");
  CHECK(root.place("../..").name == ".");
  CHECK(error_of([&] { root.place("no/file"); }) == "not_found: 'no/file': directory 'no' is missing");
  CHECK(error_of([&] { root.place("etc/passwd/x"); }) == "usage: 'etc/passwd/x': 'etc/passwd' is not a directory");
  CHECK(error_of([&] { root.place("loop/x"); }) == "usage: 'loop/x': 'loop' is not a directory");
}

TEST_CASE("directories are made inside, through links, with the same mode for everybody") {
  const Tree tree;
  const Root root = tree.root();
  const mode_t before = umask(077);
  const Fd made = root.make_directories("lib/a/b");
  umask(before);
  struct stat status {};
  REQUIRE(stat(tree.scratch.path("root/usr/lib/a/b").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0755);
  struct stat opened {};
  fstat(made.get(), &opened);
  CHECK(opened.st_ino == status.st_ino);
  root.make_directories("../../outside");
  CHECK(std::filesystem::exists(tree.scratch.path("root/outside")));
  CHECK_FALSE(std::filesystem::exists(tree.scratch.path("outside")));
  CHECK(root.make_directories("lib/a/b"));
  CHECK(root.make_directories(""));
}

TEST_CASE("what is in the way of a directory is named") {
  const Tree tree;
  const Root root = tree.root();
  CHECK(error_of([&] { root.make_directories("etc/passwd/x"); }) ==
        "usage: cannot create directory 'etc/passwd/x': 'etc/passwd/x' is not a directory");
  CHECK(error_of([&] { root.make_directories("dangling/x"); }) ==
        "usage: cannot create directory 'dangling/x': 'dangling' is not a directory");
  CHECK_FALSE(std::filesystem::exists(tree.scratch.path("root/nowhere")));
}

TEST_CASE("removing takes the link and not what it leads to") {
  const Tree tree;
  const Root root = tree.root();
  root.remove_all("lib");
  CHECK(std::filesystem::exists(tree.scratch.path("root/usr/lib/libc.so")));
  root.remove_all("out");
  CHECK(tree.scratch.read("secret") == "secret");
  root.remove_all("absolute/libc.so");
  CHECK_FALSE(std::filesystem::exists(tree.scratch.path("root/usr/lib/libc.so")));
  root.remove_all("usr");
  CHECK_FALSE(std::filesystem::exists(tree.scratch.path("root/usr")));
}

TEST_CASE("removing what isn't there is no error, removing the root is one") {
  const Tree tree;
  const Root root = tree.root();
  root.remove_all("no");
  root.remove_all("no/such/file");
  root.remove_all("etc/passwd/x");
  CHECK(tree.scratch.read("root/etc/passwd") == "inside");
  CHECK(error_of([&] { root.remove_all("etc/.."); }) == "usage: cannot remove 'etc/..': it is the root of the tree");
}
