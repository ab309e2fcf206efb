// SPDX-License-Identifier: Apache-2.0
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

std::string gnu_long(char type, const std::string& text) {
  return RawHeader("././@LongLink", type, text.size() + 1).str() + padded(text + '\0');
}

Member only(const std::string& tar) {
  auto members = members_of(tar + trailer());
  REQUIRE(members.size() == 1);
  CHECK(members_of(tar + trailer(), {}, 7) == members);
  return members.front();
}

std::string octal(Bytes value) {
  return fmt::format("{:011o}", value);
}

// The same file for each sparse format: 3 bytes at 1000, 600 at 5000, a hole to 9000.
const std::string sparse_data = "abc" + std::string(600, 'z');
std::string expanded() {
  std::string file(9000, '\0');
  file.replace(1000, 3, "abc");
  file.replace(5000, 600, std::string(600, 'z'));
  return file;
}

}  // namespace

TEST_CASE("GNU long names and link targets") {
  const std::string name = std::string(150, 'a') + '/' + std::string(150, 'b');
  const std::string target(200, 't');
  const Member found = only(gnu_long('K', target) + gnu_long('L', "./" + name) + RawHeader("short", '2', 0).str());
  CHECK(found.entry.path == name);
  CHECK(found.entry.link == target);
}

TEST_CASE("GNU numbers in base 256") {
  RawHeader header("f", '0', 0);
  header.put(108, std::string_view("\x80\0\0\0\xff\xff\xff\xfe", 8));
  header.put(136, std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12));
  const Entry entry = only(header.str()).entry;
  CHECK(entry.uid == 4'294'967'294);
  CHECK(entry.mtime == -2);
  header.put(108, std::string_view("\xff\xff\xff\xff\xff\xff\xff\xfe", 8));
  CHECK(error_of(Kind::integrity, [&] { only(header.str()); }) == "tar header: the uid is out of range");
  header.put(124, std::string_view("\x80\0\0\1\0\0\0\0\0\0\0\0", 12));
  header.put(108, std::string_view("0000000\0", 8));
  CHECK(error_of(Kind::integrity, [&] { only(header.str()); }) == "tar header: the size is out of range");
}

TEST_CASE("GNU headers keep other things where ustar has its prefix") {
  CHECK(only(RawHeader("f", '0', 0).put(345, "12345").str()).entry.path == "f");
  CHECK(only(RawHeader("f", '0', 0).posix().put(345, "12345").str()).entry.path == "12345/f");
}

TEST_CASE("version 7: no magic, directories by their slash") {
  const std::string blank(8, '\0');
  CHECK(only(RawHeader("d/", '\0', 0).put(257, blank).str()).entry.type == Type::directory);
  CHECK(only(RawHeader("f", '\0', 0).put(257, blank).str()).entry.type == Type::file);
}

TEST_CASE("leading slashes and dots go, as every reader of layers does it") {
  CHECK(only(RawHeader("/etc//passwd", '0', 0).str()).entry.path == "etc/passwd");
  CHECK(only(RawHeader("./a/./b/", '5', 0).str()).entry.path == "a/b");
  CHECK(only(RawHeader("./", '5', 0).str()).entry.path == "");
  CHECK(only(RawHeader("l", '1', 0).put(157, "/./a//b").str()).entry.link == "a/b");
  CHECK(only(RawHeader("l", '2', 0).put(157, "/./a//../b").str()).entry.link == "/./a//../b");
}

TEST_CASE("a size of what is no file means nothing") {
  const auto members =
      members_of(RawHeader("l", '1', 512).put(157, "f").str() + RawHeader("d", '5', 99).str() + trailer());
  REQUIRE(members.size() == 2);
  CHECK(members[0].entry.size == 0);
  CHECK(members[1].entry.path == "d");
}

TEST_CASE("PAX records replace what the header says") {
  const std::string records = pax_record("path", "long/name") + pax_record("size", "3") + pax_record("uid", "3000000") +
                              pax_record("mtime", "1.25") + pax_record("comment", "x") +
                              pax_record("atime", "nonsense") + pax_record("LIBARCHIVE.xattr.user.b", "eA==") +
                              pax_record("SCHILY.xattr.user.a", "1=2");
  const Member found = only(pax(records) + RawHeader("short", '0', 0).posix().str() + padded("abc"));
  CHECK(found.content == "abc");
  CHECK(found.entry.path == "long/name");
  CHECK(found.entry.uid == 3'000'000);
  CHECK(found.entry.mtime == 1);
  CHECK(found.entry.mtime_ns == 250'000'000);
  CHECK(found.entry.xattrs == std::map<std::string, std::string>{{"user.a", "1=2"}, {"user.b", "x"}});
}

TEST_CASE("attributes as libarchive writes them") {
  const auto xattrs = [](const std::string& records) {
    return only(pax(records) + RawHeader("f", '0', 0).str()).entry.xattrs;
  };
  using Xattrs = std::map<std::string, std::string>;
  CHECK(xattrs(pax_record("LIBARCHIVE.xattr.user.note", "aGk=")) == Xattrs{{"user.note", "hi"}});
  CHECK(xattrs(pax_record("LIBARCHIVE.xattr.user.note", "aGk")) == Xattrs{{"user.note", "hi"}});
  CHECK(xattrs(pax_record("LIBARCHIVE.xattr.user.a%3Db", "")) == Xattrs{{"user.a=b", ""}});
  CHECK(xattrs(pax_record("LIBARCHIVE.xattr.user.a", "MQ") + pax_record("SCHILY.xattr.user.a", "1")) ==
        Xattrs{{"user.a", "1"}});
}

TEST_CASE("what GNU tar adds: the label of a volume, the names in a directory of an incremental archive") {
  CHECK(only(RawHeader("backup of monday", 'V', 0).str() + RawHeader("f", '0', 0).str()).entry.path == "f");
  const std::string names("Yf\0\0", 4);
  const auto members = members_of(RawHeader("d/", 'D', names.size()).str() + padded(names) +
                                  RawHeader("d/f", '0', 1).str() + padded("x") + trailer());
  REQUIRE(members.size() == 2);
  CHECK(members[0].entry.path == "d");
  CHECK(members[0].entry.type == Type::directory);
  CHECK(members[0].entry.size == 0);
  CHECK(members[1].content == "x");
}

TEST_CASE("the last of two records counts, an empty one deletes") {
  const std::string twice = pax_record("path", "a") + pax_record("path", "b");
  CHECK(only(pax(twice) + RawHeader("f", '0', 0).str()).entry.path == "b");
  CHECK(only(pax(twice + pax_record("path", "")) + RawHeader("f", '0', 0).str()).entry.path == "f");
}

TEST_CASE("a global PAX header holds for what follows") {
  const std::string tar =
      RawHeader("a", '0', 0).str() +
      pax(pax_record("uid", "7") + pax_record("mtime", "9") + pax_record("comment", "c0ffee"), 'g') +
      RawHeader("b", '0', 0).str() + pax(pax_record("uid", "8")) + RawHeader("c", '0', 0).str() +
      RawHeader("d", '0', 0).str() + trailer();
  const auto members = members_of(tar);
  REQUIRE(members.size() == 4);
  CHECK(members[0].entry.uid == 0);
  CHECK(members[1].entry.uid == 7);
  CHECK(members[1].entry.mtime == 9);
  CHECK(members[2].entry.uid == 8);
  CHECK(members[2].entry.mtime == 9);
  CHECK(members[3].entry.uid == 7);
}

TEST_CASE("old GNU sparse file") {
  RawHeader header("sparse", 'S', sparse_data.size());
  header.put(386, octal(1000)).put(398, octal(3)).put(410, octal(5000)).put(422, octal(600));
  header.put(434, octal(9000)).put(446, octal(0)).put(483, octal(9000));
  const Member found = only(header.str() + padded(sparse_data));
  CHECK(found.entry.size == 9000);
  CHECK(found.content == expanded());
}

TEST_CASE("old GNU sparse file with more parts than a header holds") {
  RawHeader header("sparse", 'S', 30);
  std::string blocks(1024, '\0');
  std::string wanted;
  for (std::size_t i = 0; i < 30; ++i) {
    const std::string extent = octal(i * 100) + '\0' + octal(1) + '\0';
    if (i < 4) {
      header.put(386 + i * 24, extent);
    } else {
      blocks.replace(i < 25 ? (i - 4) * 24 : 512 + (i - 25) * 24, 24, extent);
    }
    wanted += 'x' + std::string(99, '\0');
  }
  header.put(482, "\1").put(483, octal(3000));
  blocks[504] = 1;
  CHECK(only(header.str() + blocks + padded(std::string(30, 'x'))).content == wanted);
}

TEST_CASE("PAX sparse files of every version") {
  const std::string size = pax_record("GNU.sparse.size", "9000") + pax_record("GNU.sparse.numblocks", "3");
  SUBCASE("0.0") {
    const std::string records = size + pax_record("GNU.sparse.offset", "1000") +
                                pax_record("GNU.sparse.numbytes", "3") + pax_record("GNU.sparse.offset", "5000") +
                                pax_record("GNU.sparse.numbytes", "600") + pax_record("GNU.sparse.offset", "9000") +
                                pax_record("GNU.sparse.numbytes", "0");
    const Member found = only(pax(records) + RawHeader("f", '0', 603).str() + padded(sparse_data));
    CHECK(found.content == expanded());
    CHECK(found.entry.size == 9000);
  }
  SUBCASE("0.1") {
    const std::string records =
        pax_record("GNU.sparse.name", "real/name") + size + pax_record("GNU.sparse.map", "1000,3,5000,600,9000,0");
    const Member found = only(pax(records) + RawHeader("GNUSparseFile.1/f", '0', 603).str() + padded(sparse_data));
    CHECK(found.entry.path == "real/name");
    CHECK(found.content == expanded());
  }
  SUBCASE("1.0") {
    const std::string records = pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                                pax_record("GNU.sparse.name", "real/name") + pax_record("GNU.sparse.realsize", "9000");
    const std::string map = padded("3\n1000\n3\n5000\n600\n9000\n0\n");
    const Member found = only(pax(records) + RawHeader("f", '0', 603 + 512).posix().str() + padded(map + sparse_data));
    CHECK(found.entry.path == "real/name");
    CHECK(found.content == expanded());
  }
}

TEST_CASE("a map of a sparse file 1.0 that spans blocks") {
  std::string map = "200\n";
  std::string wanted;
  for (std::size_t i = 0; i < 200; ++i) {
    map += fmt::format("{}\n1\n", i * 10);
    wanted += 'y' + std::string(9, '\0');
  }
  const std::string data = padded(map) + std::string(200, 'y');
  const std::string records = pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                              pax_record("GNU.sparse.realsize", "2000");
  const std::string tar = pax(records) + RawHeader("f", '0', data.size()).str() + padded(data);
  CHECK(only(tar).content == wanted);
  // Skipped without being read, the next entry is found.
  PieceSource source(tar + RawHeader("next", '0', 0).str() + trailer());
  TarReader reader(source);
  CHECK(reader.next()->path == "f");
  CHECK(reader.next()->path == "next");
}

TEST_CASE("an archive may end without zero blocks, or with many") {
  const std::string member = member_of(file("a", "abc"));
  CHECK(members_of("").empty());
  CHECK(members_of(member).size() == 1);
  CHECK(members_of(member + std::string(512, '\0')).size() == 1);
  CHECK(members_of(member + std::string(10240, '\0')).size() == 1);
  CHECK(members_of(member.substr(0, 512 + 3)).size() == 1);  // umoci leaves out the padding too
}
