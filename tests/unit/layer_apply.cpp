// SPDX-License-Identifier: Apache-2.0
#include "layer_apply_support.hpp"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test::apply;

TEST_CASE("every kind of entry comes out with its mode and time") {
  Target target;
  target.apply({dir("d", 0750), file("d/f", "text"), soft("d/s", "f"), hard("d/h", "d/f"), entry(Type::fifo, "d/p"),
                file("empty", "")});
  const ApplyResult result = target.finish();
  CHECK(result.entries == 6);
  CHECK(result.bytes == 4);
  CHECK(target.read("d/f") == "text");
  CHECK(target.read("empty").empty());
  CHECK(target.read_link("d/s") == "f");
  CHECK(target.same_file("d/f", "d/h"));
  CHECK(S_ISFIFO(target.status("d/p").st_mode));
  CHECK(target.mode("d") == 0750);
  CHECK(target.mode("d/f") == 0644);
  for (const char* path : {"d", "d/f", "d/s", "d/p", "empty"}) CHECK(target.status(path).st_mtim.tv_sec == 1000);
}

TEST_CASE("the umask of whoever unpacks does not show") {
  const mode_t before = umask(077);
  Target target;
  target.apply({file("a/f"), entry(Type::fifo, "a/p")});
  target.finish();
  umask(before);
  CHECK(target.mode("a") == 0755);
  CHECK(target.mode("a/f") == 0644);
  CHECK(target.mode("a/p") == 0644);
}

TEST_CASE("times before 1970 and parts of a second") {
  Target target;
  Member old = file("old");
  old.entry.mtime = -2;
  old.entry.mtime_ns = 500'000'000;
  target.apply({old}).finish();
  CHECK(target.status("old").st_mtim.tv_sec == -2);
  CHECK(target.status("old").st_mtim.tv_nsec == 500'000'000);
}

TEST_CASE("a large file and many small ones arrive whole") {
  std::string large(3 * MiB + 17, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = char('a' + i / 1000 % 26);
  Layer layer{file("large", large)};
  for (int n = 0; n < 2000; ++n)
    layer.push_back(file(fmt::format("d{}/f{}", n % 90, n), std::string(std::size_t(n), 'x')));
  Target target;
  target.apply(layer);
  CHECK(target.finish().bytes == large.size() + 2000 * 1999 / 2);
  CHECK(target.read("large") == large);
  for (int n = 0; n < 2000; n += 7)
    CHECK(target.read(fmt::format("d{}/f{}", n % 90, n)) == std::string(std::size_t(n), 'x'));
}

TEST_CASE("long runs of zeros become holes") {
  std::string content(8 * MiB, '\0');
  content[5 * MiB] = 'x';
  Target target;
  target.apply({file("sparse", content), file("zeros", std::string(256 * KiB, '\0'))}).finish();
  CHECK(target.read("sparse") == content);
  CHECK(target.read("zeros") == std::string(256 * KiB, '\0'));
  CHECK(Bytes(target.status("sparse").st_blocks) * 512 <= MiB);
}

TEST_CASE("a directory without permissions is filled all the same, and closed at the end") {
  Target target;
  target.apply({dir("closed", 0), dir("closed/inner", 0), file("closed/inner/f")}).finish();
  CHECK(target.mode("closed") == 0);
  chmod(target.path("closed").c_str(), 0700);
  CHECK(target.mode("closed/inner") == 0);
  chmod(target.path("closed/inner").c_str(), 0700);
  CHECK(target.read("closed/inner/f") == "new");
}

TEST_CASE("directories are private until the tree is complete") {
  Target target;
  target.apply({dir("tmp", 01777), file("tmp/f")});
  CHECK(target.mode("tmp") == 0700);
  target.finish();
  CHECK(target.mode("tmp") == 01777);
}

TEST_CASE("what is put into a directory later does not change its time") {
  Target target;
  target.apply({dir("d"), file("d/a")}).apply({file("d/b"), whiteout("d/.wh.a")}).finish();
  CHECK(target.status("d").st_mtim.tv_sec == 1000);
}

TEST_CASE("a directory that no layer describes is 0755 and of 1970") {
  Target target;
  target.apply({file("a/b/c")}).finish();
  CHECK(target.mode("a/b") == 0755);
  CHECK(target.status("a/b").st_mtim.tv_sec == 0);
}

TEST_CASE("the root takes the attributes of '.'") {
  Target target;
  target.apply({file("f"), dir("", 0711)}).finish();
  CHECK(target.mode("") == 0711);
  CHECK(target.status("").st_mtim.tv_sec == 1000);
}

TEST_CASE("the later of two entries with one name wins") {
  Target target;
  target.apply({file("f", "one"), file("f", "two"), dir("f2"), file("f2/below"), file("f2", "file"), file("d", "file"),
                dir("d"), file("d/below")});
  target.finish();
  CHECK(target.read("f") == "two");
  CHECK(target.read("f2") == "file");
  CHECK(target.read("d/below") == "new");
}

TEST_CASE("an upper layer changes the type of a name") {
  const std::vector<std::pair<Member, std::string>> kinds = {{file("x"), "file"},
                                                             {dir("x"), "directory"},
                                                             {soft("x", "other"), "symlink"},
                                                             {hard("x", "other"), "hardlink"},
                                                             {entry(Type::fifo, "x"), "fifo"}};
  for (const auto& lower : kinds)
    for (const auto& upper : kinds) {
      const std::string& from = lower.second;
      const std::string& to = upper.second;
      CAPTURE(from);
      CAPTURE(to);
      Layer first{file("other", "other"), lower.first};
      if (from == "directory") first.push_back(file("x/below"));
      Target target;
      target.apply(first).apply({upper.first}).finish();
      const mode_t type = target.status("x").st_mode & S_IFMT;
      CHECK(type == (to == "directory" ? S_IFDIR : to == "symlink" ? S_IFLNK : to == "fifo" ? S_IFIFO : S_IFREG));
      if (to == "hardlink") CHECK(target.same_file("x", "other"));
      if (to == "directory") CHECK(target.has("x/below") == (from == "directory"));
      CHECK(target.read("other") == "other");
    }
}

TEST_CASE("a new content does not reach the other names of the old") {
  Target target;
  target.apply({file("a", "old"), hard("b", "a")}).apply({file("a", "new")}).finish();
  CHECK(target.read("a") == "new");
  CHECK(target.read("b") == "old");
}

TEST_CASE("usr-merge: names below a link to a directory go where it leads") {
  Target target;
  target.apply({dir("usr"), dir("usr/lib"), soft("lib", "usr/lib"), file("lib/a", "a"), dir("lib/sub", 0700),
                soft("bin", "/usr/bin"), file("bin/tool", "tool"), hard("tool2", "bin/tool")});
  target.apply({file("lib/b", "b"), file("usr/lib/a", "a2"), whiteout("lib/.wh.sub")});
  target.finish();
  CHECK(target.read_link("lib") == "usr/lib");
  CHECK(target.read("usr/lib/a") == "a2");
  CHECK(target.read("usr/lib/b") == "b");
  CHECK(!target.has("usr/lib/sub"));
  CHECK(target.read("usr/bin/tool") == "tool");
  CHECK(target.same_file("usr/bin/tool", "tool2"));
}

TEST_CASE("a link leads back out of a directory that is not there") {
  Target target;
  target.apply({soft("l", "absent/../d"), file("l/f"), soft("m", "absent"), file("m/g")}).finish();
  CHECK(target.has("d/f"));
  CHECK(target.has("absent/g"));
}

TEST_CASE("a directory entry replaces a link to a directory") {
  Target target;
  target.apply({dir("usr"), dir("usr/lib"), file("usr/lib/old"), soft("lib", "usr/lib")});
  target.apply({dir("lib", 0700), file("lib/new")}).finish();
  CHECK(S_ISDIR(target.status("lib").st_mode));
  CHECK(target.has("lib/new"));
  CHECK(!target.has("usr/lib/new"));
  CHECK(target.mode("lib") == 0700);
  CHECK(target.mode("usr/lib") == 0755);
}

TEST_CASE("after a link is replaced, names below it are resolved anew") {
  Target target;
  target.apply({dir("a"), dir("b"), soft("l", "a"), file("l/1"), soft("l", "b"), file("l/2"), dir("l"), file("l/3")});
  target.finish();
  CHECK(target.has("a/1"));
  CHECK(target.has("b/2"));
  CHECK(target.has("l/3"));
  CHECK(!target.has("b/3"));
}

TEST_CASE("a hard link to itself or to another name of the same file changes nothing") {
  Target target;
  target.apply({file("a", "a"), hard("b", "a"), hard("a", "a"), hard("a", "b")}).finish();
  CHECK(target.read("a") == "a");
  CHECK(target.same_file("a", "b"));
}

TEST_CASE("attributes: the user's are set, this machine's are not") {
  Target target;
  Member marked = file("f");
  marked.entry.mode = 0444;
  marked.entry.xattrs = {{"user.color", std::string("a\0b", 3)}, {"trusted.overlay.redirect", "/etc"}};
  Member lower = dir("d");
  lower.entry.xattrs = {{"user.old", "1"}, {"user.same", "1"}};
  Member upper = dir("d", 0500);
  upper.entry.xattrs = {{"user.same", "2"}};
  target.apply({marked, lower}).apply({upper});
  const ApplyResult result = target.finish();
  std::string value(16, '\0');
  if (getxattr(target.path("f").c_str(), "user.color", value.data(), value.size()) < 0 && errno == ENOTSUP) return;
  CHECK(getxattr(target.path("f").c_str(), "user.color", value.data(), value.size()) == 3);
  CHECK(getxattr(target.path("f").c_str(), "trusted.overlay.redirect", value.data(), value.size()) == -1);
  CHECK(result.unset_xattrs == 1);
  CHECK(target.mode("f") == 0444);
  CHECK(getxattr(target.path("d").c_str(), "user.old", value.data(), value.size()) == -1);
  CHECK(getxattr(target.path("d").c_str(), "user.same", value.data(), value.size()) == 1);
  CHECK(value.front() == '2');
  CHECK(target.mode("d") == 0500);
}

TEST_CASE("an ordinary user gets all but owners and devices, and is told how many") {
  Target target(false);
  Member foreign = file("setuid");
  foreign.entry.uid = geteuid() + 1;
  foreign.entry.mode = 04755;
  Member foreign_dir = dir("sticky", 01777);
  foreign_dir.entry.gid = getegid() + 1;
  Member own = file("own");
  own.entry.mode = 04755;
  target.apply({foreign, foreign_dir, own, entry(Type::char_device, "dev/null"), hard("dev/zero", "dev/null"),
                file("dev/tty"), entry(Type::block_device, "dev/tty")});
  const ApplyResult result = target.finish();
  CHECK(result.unset_owners == (geteuid() == 0 ? 2 : 3));  // for others, the parent directory 'dev' too
  CHECK(result.skipped_devices == 3);
  CHECK(target.mode("setuid") == 0755);
  CHECK(target.mode("sticky") == 01777);
  CHECK(target.mode("own") == 04755);
  CHECK(!target.has("dev/null"));
  CHECK(!target.has("dev/tty"));
}

TEST_CASE("root sets owners, setuid bits, devices and capabilities") {
  if (geteuid() != 0) return;
  Target target;
  Member program = file("setuid");
  program.entry.uid = 1234;
  program.entry.gid = 4321;
  program.entry.mode = 06755;
  program.entry.xattrs.set("security.capability", std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
  Member alias = soft("alias", "setuid");
  alias.entry.uid = 1234;
  Member null = entry(Type::char_device, "null");
  null.entry.device_major = 1;
  null.entry.device_minor = 3;
  null.entry.mode = 0666;
  Member home = dir("home", 02750);
  home.entry.gid = 4321;
  target.apply({program, alias, null, home, file("home/f")});
  const ApplyResult result = target.finish();
  CHECK(target.status("setuid").st_uid == 1234);
  CHECK(target.status("setuid").st_gid == 4321);
  CHECK(target.mode("setuid") == 06755);
  CHECK(getxattr(target.path("setuid").c_str(), "security.capability", nullptr, 0) == 20);
  CHECK(target.status("alias").st_uid == 1234);
  CHECK(target.mode("home") == 02750);
  CHECK(target.status("home/f").st_gid == getegid());
  if (result.skipped_devices == 0) {
    CHECK(target.status("null").st_rdev == makedev(1, 3));
    CHECK(target.mode("null") == 0666);
  }
}
