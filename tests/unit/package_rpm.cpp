// SPDX-License-Identifier: Apache-2.0
#include "db/sqlite.hpp"
#include "package/rpm_store.hpp"
#include "package_rpm_support.hpp"
#include "package_support.hpp"
#include "scratch.hpp"

using namespace fn;
using namespace fn::package;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view sqlite_path = "usr/lib/sysimage/rpm/rpmdb.sqlite";
constexpr std::string_view ndb_path = "usr/lib/sysimage/rpm/Packages.db";
constexpr std::string_view bdb_path = "var/lib/rpm/Packages";

const std::string real = from_hex(real_header_hex);

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
  return out;
}

std::string sqlite(const std::vector<std::string>& headers) {
  const Scratch scratch;
  {
    const db::Database db(scratch.path("db"), db::Database::Access::write, 1, 1s);
    db.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)");
    for (const std::string& header : headers)
      db.execute("INSERT INTO Packages (blob) VALUES (x'" + to_hex(header) + "')");
  }
  return scratch.read("db");
}

std::vector<Package> read(const std::string& header) {
  return read_database(bdb_path, bdb({header}));
}
std::string error_in_header(const std::string& header) {
  return error_in(bdb_path, bdb({header}));
}

}  // namespace

TEST_CASE("a header that rpm wrote is read alike from all three stores") {
  const Package tiny{Ecosystem::rpm, "tiny", "4:1.2-3", "noarch", "", {"etc/tiny", "etc/tiny/conf", "usr/bin/tiny"}};
  const std::vector<std::string> headers{real, named("other").build()};
  for (const auto& store : {std::pair(sqlite_path, sqlite(headers)), std::pair(ndb_path, ndb(headers)),
                            std::pair(bdb_path, bdb(headers)), std::pair(bdb_path, bdb(headers, true))}) {
    CAPTURE(store.first);
    const std::vector<Package> packages = read_database(store.first, store.second);
    REQUIRE(packages.size() == 2);
    CHECK(packages[0] == tiny);
    CHECK(packages[1] == Package{Ecosystem::rpm, "other", "1-2", "x86_64", "", {}});
  }
}

TEST_CASE("a store that nothing was written to has no packages") {
  for (const auto path : {sqlite_path, ndb_path, bdb_path}) CHECK(read_database(path, "").empty());
  CHECK(read_database(ndb_path, ndb({})).empty());
  CHECK(read_database(bdb_path, bdb({})).empty());
  CHECK(read_database(sqlite_path, sqlite({})).empty());
}

TEST_CASE("the keys that packages are signed with are no packages") {
  CHECK(read(HeaderBuilder().text(1000, "gpg-pubkey").text(1001, "8483c65d").text(1002, "5ccc5b19").build()).empty());
}

TEST_CASE("packages of old builders have whole paths") {
  const auto packages = read(named("a").texts(1027, {"/usr/b", "/usr/a"}).build());
  REQUIRE(packages.size() == 1);
  CHECK(packages[0].files == Files{"usr/a", "usr/b"});
}

TEST_CASE("the root itself, as the package filesystem has it, is no file") {
  const auto packages = read(named("a").numbers(1116, {0, 0}).texts(1117, {"", "bin"}).texts(1118, {"/"}).build());
  REQUIRE(packages.size() == 1);
  CHECK(packages[0].files == Files{"bin"});
}

TEST_CASE("paths can't leave the image") {
  const auto packages = read(named("a").numbers(1116, {0}).texts(1117, {"x"}).texts(1118, {"/../../etc//./"}).build());
  REQUIRE(packages.size() == 1);
  CHECK(packages[0].files == Files{"etc/x"});
  CHECK(error_in_header(named("a").numbers(1116, {0}).texts(1117, {".."}).texts(1118, {"/etc/"}).build()) ==
        "integrity: package 1: a file has an invalid name");
  CHECK(error_in_header(named("a").numbers(1116, {0}).texts(1117, {"a/b"}).texts(1118, {"/etc/"}).build()) ==
        "integrity: package 1: a file has an invalid name");
}

TEST_CASE("a header that lies is refused") {
  CHECK(error_in_header(HeaderBuilder().text(1001, "1").text(1002, "2").build()) ==
        "integrity: package 1: the package has no name");
  CHECK(error_in_header(HeaderBuilder().text(1000, "a").text(1001, "1").build()) ==
        "integrity: package 1: the package has no version or no release");
  CHECK(error_in_header(HeaderBuilder().add(1000, 6, 1, "no end").build()) ==
        "integrity: package 1: unterminated string");
  CHECK(error_in_header(HeaderBuilder().numbers(1000, {5}).build()) == "integrity: package 1: tag 1000 has type 4");
  CHECK(error_in_header(named("a").numbers(1116, {1}).texts(1117, {"x"}).texts(1118, {"/"}).build()) ==
        "integrity: package 1: a file has no directory");
  CHECK(error_in_header(named("a").numbers(1116, {0, 0}).texts(1117, {"x"}).texts(1118, {"/"}).build()) ==
        "integrity: package 1: the numbers of files and of their directories differ");
  CHECK(error_in_header(named("a").add(1117, 8, 0xffffffff, "").build()) ==
        "integrity: package 1: unterminated string");
  CHECK(error_in_header(number(0xffffffff) + number(0xffffffff)) ==
        "integrity: package 1: its length does not match its 4294967295 entries and 4294967295 bytes of data");
}

TEST_CASE("a long directory named by many files doesn't fill the memory") {
  const std::size_t files = 100'000;
  std::string names;
  for (std::size_t i = 0; i < files; ++i) names += std::string("x\0", 2);
  const std::string header = named("a")
                                 .numbers(1116, std::vector<std::uint32_t>(files, 0))
                                 .add(1117, 8, files, names)
                                 .texts(1118, {'/' + std::string(4000, 'd')})
                                 .build();
  CHECK(error_in_header(header) == "integrity: package 1: its names exceed the memory limit");
}

TEST_CASE("a page of a hash table is in one chain only") {
  std::string file = bdb({std::string(600, 'x')});
  put(file, 2 * 512 + 16, 2, 4);  // the next of page 2 is page 2
  CHECK(error_in(bdb_path, file) == "integrity: page 2 is out of order in its chain");
  put(file, 2 * 512 + 16, 99, 4);
  CHECK(error_in(bdb_path, file) == "integrity: page 99 does not exist");
}

TEST_CASE("slots that all show the same blob don't multiply it") {
  std::string file = ndb({real});
  for (std::size_t slot = 64; slot < 4096; slot += 16) file.replace(slot, 16, file.substr(48, 16));
  CHECK(error_in(ndb_path, file) == "integrity: slots overlap");
}

TEST_CASE("a blob that was changed behind rpm's back is found by its checksum") {
  std::string file = ndb({real});
  file[4096 + 100] ^= 1;
  CHECK(error_in(ndb_path, file) == "integrity: the checksum of package 1 is wrong");
}

TEST_CASE("a table of another kind and shape is an error, not an empty list") {
  CHECK(error_in(sqlite_path, sqlite({"no header"})).starts_with("integrity: package 1: "));
  CHECK(error_in(bdb_path, ndb({real})) == "integrity: not a Berkeley DB hash table");
  CHECK(error_in(ndb_path, bdb({real})) == "integrity: no 'RpmP' at 0");
}

TEST_CASE("damaged stores give packages or an error, and nothing else") {
  const std::string header =
      named("a").numbers(1003, {3}).numbers(1116, {0, 1}).texts(1117, {"x", "y"}).texts(1118, {"/b/", "/c/"}).build();
  damage_database(bdb_path, bdb({header, header}));
  damage_database(bdb_path, bdb({header}, true));
  damage_database(ndb_path, ndb({header}));
  // Past the checksums.
  damage_everywhere(header, [](std::string_view damaged) { read_database(ndb_path, ndb({std::string(damaged)})); });
  damage_everywhere(real, [](std::string_view damaged) { read_database(ndb_path, ndb({std::string(damaged)})); });
}

TEST_CASE("a store that is made of headers is read again, and the same headers give the same bytes") {
  for (const std::size_t count : {0U, 1U, 2U, 253U, 254U, 255U, 600U}) {
    std::vector<std::string> headers;
    for (std::size_t n = 0; n < count; ++n) headers.push_back(std::string(n % 50, char('a' + n % 26)));
    const std::string store = make_rpm_store(headers);
    CHECK(store.size() % 16 == 0);
    CHECK(rpm_headers(store) == headers);
    CHECK(make_rpm_store(headers) == store);
  }
  CHECK(rpm_place(real) == "tiny noarch");
  CHECK(read_database(ndb_path, make_rpm_store({real})).size() == 1);
}
