// SPDX-License-Identifier: Apache-2.0
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

std::string refused_tar(const std::string& tar, const TarLimits& limits = {}) {
  return error_of(Kind::integrity, [&] { members_of(tar, limits); });
}

std::string sparse(const std::string& map, Bytes real, const std::string& data) {
  return pax(pax_record("GNU.sparse.size", std::to_string(real)) + pax_record("GNU.sparse.map", map)) +
         RawHeader("s", '0', data.size()).str() + padded(data) + trailer();
}

}  // namespace

TEST_CASE("tar with a wrong checksum") {
  std::string tar = tar_of({file("a", "abc")});
  tar[0] = 'b';
  CHECK(refused_tar(tar) == "tar header: wrong checksum");
}

TEST_CASE("tar with numbers that are none") {
  CHECK(refused_tar(RawHeader("a", '0', 0).put(124, "0000000000x").str()) == "tar header: the size is not a number");
  CHECK(refused_tar(RawHeader("a", '0', 0).put(108, "99").str()) == "tar header: the uid is not a number");
  CHECK(refused_tar(RawHeader("a", '0', 0).put(124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").str()) ==
        "tar header: the size is out of range");
}

TEST_CASE("tar that is cut short") {
  const std::string tar = tar_of({file("a", std::string(1000, 'a'))});
  CHECK(refused_tar(tar.substr(0, 100)) == "the tar is truncated in a header");
  CHECK(refused_tar(tar.substr(0, 512 + 999)) == "tar entry 'a' is truncated");
  CHECK(refused_tar(pax(pax_record("path", "x")).substr(0, 600)) == "the tar is truncated in an extended header");
  CHECK(refused_tar(pax(pax_record("path", "x"))) == "the tar ends after an extended header");
  CHECK(refused_tar(pax(pax_record("path", "x")) + trailer()) == "the tar ends after an extended header");
}

TEST_CASE("tar that claims a huge file") {
  CHECK(refused_tar(RawHeader("a", '0', 0).put(124, "77777777777").str() + "abc") == "tar entry 'a' is truncated");
  CHECK(refused_tar(pax(pax_record("size", "9223372036854775807")) + RawHeader("a", '0', 0).str()) ==
        "tar entry 'a' is truncated");
  CHECK(refused_tar(pax(pax_record("size", "9223372036854775808")) + RawHeader("a", '0', 0).str()) ==
        "PAX header: invalid value '9223372036854775808' of 'size'");
  CHECK(refused_tar(pax(pax_record("size", "-1")) + RawHeader("a", '0', 0).str()) ==
        "PAX header: invalid value '-1' of 'size'");
}

TEST_CASE("garbage behind the end of the archive") {
  CHECK(refused_tar(tar_of({}) + std::string(100'000, '\0') + "x") == "garbage after the end of the tar");
  CHECK(refused_tar(std::string(512, '\0') + member_of(file("a", "")) + trailer()) ==
        "garbage after the end of the tar");
}

TEST_CASE("names that lead out") {
  for (const char* name : {"../x", "..", "a/../../x", "/../x", "a/.."}) {
    CAPTURE(name);
    const std::string message = fmt::format("tar entry '{}': the name contains '..'", name);
    CHECK(refused_tar(RawHeader(name, '0', 0).str()) == message);
    CHECK(refused_tar(pax(pax_record("path", name)) + RawHeader("a", '0', 0).str()) == message);
    CHECK(refused_tar(RawHeader("l", '1', 0).put(157, name).str()) == message);
  }
  CHECK(members_of(RawHeader("..x/...", '0', 0).str()).front().entry.path == "..x/...");
}

TEST_CASE("names that are none") {
  CHECK(refused_tar(RawHeader("", '0', 0).str()) == "tar: an entry of type file without a name");
  CHECK(refused_tar(RawHeader("./", '2', 0).put(157, "/").str()) == "tar: an entry of type symlink without a name");
  CHECK(refused_tar(RawHeader("l", '2', 0).str()) == "tar entry 'l': invalid link target of 0 bytes");
  CHECK(refused_tar(RawHeader("l", '1', 0).put(157, "/").str()) == "tar entry 'l': invalid link target of 0 bytes");
}

TEST_CASE("a NUL in a name") {
  const std::string nul("a\0b", 3);
  CHECK(refused_tar(pax(pax_record("path", nul)) + RawHeader("a", '0', 0).str()) ==
        "PAX header: invalid value 'a\\x00b' of 'path'");
  CHECK(refused_tar(pax(pax_record("linkpath", nul)) + RawHeader("a", '2', 0).str()) ==
        "PAX header: invalid value 'a\\x00b' of 'linkpath'");
  CHECK(refused_tar(RawHeader("L", 'L', 4).str() + padded(nul + '\0') + RawHeader("a", '0', 0).str()) ==
        "tar: NUL byte in the name 'a\\x00b'");
}

TEST_CASE("headers that disagree about the name") {
  const std::string gnu = RawHeader("L", 'L', 4).str() + padded(std::string("gnu\0", 4));
  CHECK(refused_tar(gnu + pax(pax_record("path", "pax")) + RawHeader("a", '0', 0).str()) ==
        "tar entry 'pax': its GNU and PAX headers disagree on the name");
  CHECK(members_of(gnu + pax(pax_record("path", "gnu")) + RawHeader("a", '0', 0).str()).size() == 1);
  CHECK(refused_tar(gnu + gnu + RawHeader("a", '0', 0).str()) == "tar: two long names for one entry");
  const std::string extended = pax(pax_record("path", "x"));
  CHECK(refused_tar(extended + extended + RawHeader("a", '0', 0).str()) == "tar: two PAX headers for one entry");
  CHECK(refused_tar(pax(pax_record("GNU.sparse.name", "other")) + RawHeader("a", '0', 0).str()) ==
        "tar entry 'other': has the name of a sparse file, but is not one");
  CHECK(refused_tar(pax(pax_record("path", "x"), 'g') + RawHeader("a", '0', 0).str()) ==
        "tar: a global PAX header that gives names, sizes or attributes");
}

TEST_CASE("PAX records whose length lies") {
  for (const char* records : {"7 a=b\n", "5 a=b\n", "99 a=b\n", "x a=b\n", "6a=b\n", " a=b\n", "-6 a=b\n", "0 a=b\n",
                              "6 a=bc", "99999999999999999999 a=b\n", "18446744073709551615 a=b\n"}) {
    CAPTURE(records);
    CHECK(refused_tar(pax(records) + RawHeader("a", '0', 0).str()) == "PAX header: a record has the wrong length");
  }
  CHECK(refused_tar(pax("6 =bc\n") + RawHeader("a", '0', 0).str()) == "PAX header: a record has no key");
  CHECK(refused_tar(pax("6 abc\n") + RawHeader("a", '0', 0).str()) == "PAX header: a record has no key");
}

TEST_CASE("metadata without end is bounded") {
  const std::string limit = "tar: names and attributes of one entry exceed 1.0 MB";
  CHECK(refused_tar(RawHeader("p", 'x', 0).put(124, "37777777777").str()) == limit);  // 4 GiB, nothing is allocated
  CHECK(refused_tar(RawHeader("L", 'L', 2 * MiB).str()) == limit);
  std::string many;
  for (int i = 0; i < 3000; ++i) many += pax("", 'g');
  CHECK(refused_tar(many + RawHeader("a", '0', 0).str()) == limit);
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += pax_record(fmt::format("SCHILY.xattr.user.{:030}", i), "v");
  CHECK(refused_tar(pax(flood) + RawHeader("a", '0', 0).str()) == limit);
}

TEST_CASE("entries and paths are bounded") {
  CHECK(refused_tar(tar_of({file("a", ""), file("b", ""), file("c", "")}), {.max_entries = 2}) ==
        "the tar has more than 2 entries");
  CHECK(refused_tar(pax(pax_record("path", std::string(4097, 'p'))) + RawHeader("a", '0', 0).str()) ==
        "tar entry: name too long: 4097 bytes");
  CHECK(refused_tar(pax(pax_record("linkpath", std::string(4097, 'p'))) + RawHeader("l", '2', 0).str()) ==
        "tar entry 'l': invalid link target of 4097 bytes");
}

TEST_CASE("sparse maps that lie") {
  CHECK(refused_tar(sparse("0,10,5,10", 100, std::string(20, 'x'))) ==
        "tar entry 's': sparse file with parts that overlap or exceed the file");
  CHECK(refused_tar(sparse("50,10,0,10", 100, std::string(20, 'x'))) ==
        "tar entry 's': sparse file with parts that overlap or exceed the file");
  CHECK(refused_tar(sparse("95,10", 100, std::string(10, 'x'))) ==
        "tar entry 's': sparse file with parts that overlap or exceed the file");
  CHECK(refused_tar(sparse("9223372036854775807,9223372036854775807", 9223372036854775807ULL, "")) ==
        "tar entry 's': sparse file with parts that overlap or exceed the file");
  CHECK(refused_tar(sparse("0,10", 100, std::string(9, 'x'))) ==
        "tar entry 's': sparse file with more or less data than its map says");
  CHECK(refused_tar(sparse("0,10,", 100, std::string(10, 'x'))) == "");
  CHECK(refused_tar(sparse("0", 100, "")) == "PAX header: invalid value '0' of 'GNU.sparse.map'");
  CHECK(refused_tar(pax(pax_record("GNU.sparse.numbytes", "1")) + RawHeader("s", '0', 0).str()) ==
        "PAX header: invalid value '1' of 'GNU.sparse.numbytes'");
  CHECK(refused_tar(pax(pax_record("GNU.sparse.major", "2") + pax_record("GNU.sparse.size", "1")) +
                    RawHeader("s", '0', 0).str()) == "tar entry 's': sparse file with an unknown version");
  CHECK(refused_tar(pax(pax_record("GNU.sparse.major", "1")) + RawHeader("s", '0', 0).str()) ==
        "tar entry 's': sparse file with no size");
}

TEST_CASE("sparse maps in the data that lie") {
  const std::string head = pax(pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.realsize", "100"));
  const auto with_map = [&](const std::string& map) {
    return refused_tar(head + RawHeader("s", '0', 512).str() + padded(map) + trailer());
  };
  CHECK(with_map("x\n") == "tar entry 's': sparse file with an invalid map");
  CHECK(with_map("2\n0\n0\n") == "tar entry 's': sparse file with an invalid map");
  CHECK(with_map("18446744073709551615\n0\n0\n") == "tar entry 's': sparse file with an invalid map");
  CHECK(with_map("1\n0\n1\n") == "tar entry 's': sparse file with more or less data than its map says");
  CHECK(with_map(std::string(512, '1')) == "tar entry 's': sparse file with an invalid map");
}

TEST_CASE("holes are bounded: 8 EiB of zeros in 1.5 KiB") {
  const std::string bomb = sparse("", 9223372036854775807ULL, "");
  CHECK(refused_tar(bomb) == "tar entry 's': holes in sparse files exceed 68.7 GB");
  const std::string two = sparse("", 600, "").substr(0, 1536);
  CHECK(refused_tar(two + two, {.max_holes = 1200}) == "");
  CHECK(refused_tar(two + two, {.max_holes = 1199}) == "tar entry 's': holes in sparse files exceed 1.2 kB");
}

TEST_CASE("parts of a GNU archive that say less than they seem to") {
  CHECK(refused_tar(RawHeader("x", 'M', 0).str()) == "tar entry 'x' is the rest of a file in another volume");
  CHECK(refused_tar(pax(pax_record("path", "x")) + RawHeader("label", 'V', 0).str()) ==
        "tar: an extended header for a volume label");
}

TEST_CASE("two values of one attribute") {
  const std::string one = pax_record("SCHILY.xattr.user.a", "1");
  CHECK(refused_tar(pax(one + pax_record("LIBARCHIVE.xattr.user.a", "Mg")) + RawHeader("x", '0', 0).str()) ==
        "tar entry 'x': its PAX header has two values of the attribute 'user.a'");
  CHECK(refused_tar(pax(pax_record("LIBARCHIVE.xattr.user.a", "M!")) + RawHeader("x", '0', 0).str()) ==
        "PAX header: invalid value 'M!' of 'LIBARCHIVE.xattr.user.a'");
  CHECK(refused_tar(pax(pax_record("LIBARCHIVE.xattr.a%00b", "Mg")) + RawHeader("x", '0', 0).str())
            .starts_with("PAX header: invalid value"));
}

TEST_CASE("types that no layer has") {
  for (const char type : {'N', 's', '8', 'X'})
    CHECK(refused_tar(RawHeader("x", type, 0).str()) == fmt::format("tar entry 'x': unknown type '{}'", type));
  CHECK(refused_tar(RawHeader("x\x1b[2J", '\x1b', 0).str()) == "tar entry 'x\\x1b[2J': unknown type '\\x1b'");
}
