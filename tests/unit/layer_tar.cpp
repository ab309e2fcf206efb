// SPDX-License-Identifier: Apache-2.0
#include "layer_support.hpp"

#include <limits>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

Entry round_trip(const Entry& entry) {
  const auto members = members_of(header_of(entry) + trailer());
  REQUIRE(members.size() == 1);
  return members.front().entry;
}

// PAX is only used where ustar can't hold the value: readers that don't know it see as much as can be.
bool has_pax(const Entry& entry) {
  return header_of(entry).size() > tar_block;
}

}  // namespace

TEST_CASE("a tar gives back what was put in") {
  Entry full = directory("usr/bin");
  full.mode = 07755;
  full.uid = 1000;
  full.gid = 100;
  full.mtime = 1'700'000'000;
  const Entry device{.path = "dev/null", .type = Type::char_device, .mode = 0666, .device_major = 1, .device_minor = 3};
  const Entry disk{
      .path = "dev/vda", .type = Type::block_device, .mode = 0660, .device_major = 259, .device_minor = 1048575};
  const Entry fifo{.path = "run/fifo", .type = Type::fifo};
  const std::vector<Member> members{bare(directory("")),
                                    bare(full),
                                    file("usr/bin/a", std::string(1000, 'a')),
                                    bare(hard_link("usr/bin/b", "usr/bin/a")),
                                    bare(soft_link("bin", "/usr/bin")),
                                    file("empty", ""),
                                    bare(fifo),
                                    bare(device),
                                    bare(disk),
                                    file("block", std::string(512, 'b'))};
  const std::string tar = tar_of(members);
  CHECK(tar.size() % tar_block == 0);
  CHECK(members_of(tar) == members);
  CHECK(members_of(tar, {}, 1) == members);
  CHECK(members_of(tar, {}, 511) == members);
}

TEST_CASE("names of any length come back whole") {
  for (const std::size_t length : {1U, 99U, 100U, 101U, 154U, 155U, 156U, 255U, 256U, 257U, 300U, 4096U}) {
    CAPTURE(length);
    std::string deep;
    while (deep.size() + 51 <= length) deep += std::string(50, 'd') + '/';
    deep.resize(length, 'n');
    if (deep.ends_with('/')) deep.back() = 'n';
    const std::string flat(length, 'f');
    for (const std::string& path : {flat, deep}) {
      CHECK(round_trip(directory(path)) == directory(path));
      CHECK(round_trip(file(path, "").entry) == file(path, "").entry);
      CHECK(round_trip(soft_link("link", path)) == soft_link("link", path));
      CHECK(round_trip(hard_link("link", path)) == hard_link("link", path));
    }
  }
}

TEST_CASE("PAX is used only where ustar ends") {
  CHECK_FALSE(has_pax(file(std::string(100, 'f'), "").entry));
  CHECK(has_pax(file(std::string(101, 'f'), "").entry));
  CHECK_FALSE(has_pax(file(std::string(155, 'd') + '/' + std::string(100, 'f'), "").entry));
  CHECK(has_pax(file(std::string(156, 'd') + '/' + std::string(100, 'f'), "").entry));
  CHECK(has_pax(directory(std::string(100, 'd'))));  // its "/" is the 101st byte
  CHECK_FALSE(has_pax(soft_link("l", std::string(100, 't'))));
  CHECK(has_pax(soft_link("l", std::string(101, 't'))));
}

TEST_CASE("names that are no UTF-8 keep their bytes") {
  const std::string odd = "caf\xe9\xff\n\x01";
  CHECK(round_trip(file(odd, "").entry).path == odd);
  CHECK(round_trip(file(odd + std::string(200, '\xfe'), "").entry).path == odd + std::string(200, '\xfe'));
}

TEST_CASE("times before 1970, far away and between seconds survive") {
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{-2},
                                     (std::int64_t{1} << 33) - 1, std::int64_t{1} << 33, last, -last}) {
    for (const std::uint32_t ns : {0U, 1U, 500'000'000U, 999'999'999U}) {
      CAPTURE(seconds);
      CAPTURE(ns);
      Entry entry = file("f", "").entry;
      entry.mtime = seconds;
      entry.mtime_ns = ns;
      CHECK(round_trip(entry) == entry);
    }
  }
  Entry half = file("f", "").entry;
  half.mtime = -2;
  half.mtime_ns = 500'000'000;
  CHECK(header_of(half).find(" mtime=-1.5\n") != std::string::npos);
  half.mtime = std::numeric_limits<std::int64_t>::min();
  half.mtime_ns = 0;
  CHECK(header_of(half).find(" mtime=-9223372036854775808\n") != std::string::npos);
}

TEST_CASE("owners over 2^21 survive") {
  for (const std::uint64_t id : {0ULL, 2'097'151ULL, 2'097'152ULL, 4'294'967'294ULL}) {
    Entry entry = file("f", "").entry;
    entry.uid = id;
    entry.gid = id;
    CHECK(round_trip(entry) == entry);
    CHECK(has_pax(entry) == (id > 2'097'151));
  }
}

TEST_CASE("a size over 8 GiB is announced in PAX") {
  Entry entry = file("f", "").entry;
  entry.size = 8 * GiB;
  const std::string header = header_of(entry);
  CHECK(header.find(" size=8589934592\n") != std::string::npos);
  PieceSource source(header);
  TarReader reader(source);
  CHECK(reader.next()->size == 8 * GiB);
}

TEST_CASE("extended attributes keep every byte of their values") {
  Entry entry = file("bin/ping", "").entry;
  entry.xattrs.set("security.capability", std::string("\x01\0\0\x02\0=\n\xff", 8));
  entry.xattrs.set("user.empty", "");
  entry.xattrs.set("user.comment", "x");
  CHECK(round_trip(entry) == entry);
}

TEST_CASE("what no tar can hold is refused") {
  const auto refused = [](const Entry& entry) { return error_of(Kind::usage, [&] { header_of(entry); }); };
  CHECK(refused(file(std::string("a\0b", 3), "").entry) == "cannot store 'a\\x00b' in a tar: a name with a NUL byte");
  CHECK(refused(soft_link("l", std::string("\0", 1))) == "cannot store 'l' in a tar: a link target with a NUL byte");
  Entry entry = file("f", "").entry;
  entry.xattrs.set("user.a=b", "");
  CHECK(refused(entry) == "cannot store 'f' in a tar: the name of its extended attribute 'user.a=b' contains '='");
  const Entry device{.path = "d", .type = Type::char_device, .device_major = 1 << 21};
  CHECK(refused(device) == "cannot store 'd' in a tar: device number 2097152 is too large");
}

TEST_CASE("the header is what every ustar writer makes") {
  const std::string header = header_of(file("a", "").entry);
  CHECK(header.substr(257, 8) == std::string("ustar\00000", 8));
  CHECK(header.substr(148, 8).substr(6) == std::string("\0 ", 2));
  CHECK(header.substr(265, 64) == std::string(64, '\0'));  // no names of users
}

TEST_CASE("content that isn't read is skipped") {
  const std::string big(300'000, 'x');
  PieceSource source(tar_of({file("a", big), file("b", "bb"), file("c", big)}));
  TarReader reader(source);
  CHECK(reader.next()->path == "a");
  std::vector<std::byte> some(1000);
  CHECK(reader.read(some) > 0);
  CHECK(reader.next()->path == "b");
  CHECK(reader.next()->path == "c");
  CHECK(read_all(reader) == big);
  CHECK(reader.read(some) == 0);
  CHECK_FALSE(reader.next());
}
