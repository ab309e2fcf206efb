// SPDX-License-Identifier: Apache-2.0
#include "package_support.hpp"

#include <chrono>

using namespace fn;
using namespace fn::package;

namespace {

constexpr std::string_view status_path = "var/lib/dpkg/status";
constexpr std::string_view list_path = "var/lib/dpkg/info/libc6:amd64.list";
constexpr std::string_view apk_path = "lib/apk/db/installed";

const std::string status =
    "Package: bash\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2+b8\n"
    "Conffiles:\n /etc/skel/.bashrc ee35a240758f374832e809ae0ea4883a\nDescription: GNU Bourne Again SHell\n"
    " Version: 9 is not the version\n .\n\n"
    "Package: nano\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 7.2-1\n\n"
    "Package: libc6\nStatus: hold ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.36-9\n\n";

const std::string installed =
    "C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1xyz=\nF:\nR:top\n\n"
    "P:.build-deps\nV:20240101.120000\nA:noarch\n\n";

}  // namespace

TEST_CASE("which files of an image are databases") {
  for (const auto path :
       {"var/lib/dpkg/status", "var/lib/dpkg/status.d/libc6", "var/lib/dpkg/status.d/libc6.md5sums",
        "var/lib/dpkg/info/libc6:amd64.list", "lib/apk/db/installed", "usr/lib/apk/db/installed",
        "var/lib/rpm/Packages", "var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/Packages.db", "a.dist-info/METADATA",
        "usr/lib/python3/dist-packages/a-1.dist-info/RECORD", "x/a.egg-info/PKG-INFO", "x/a-1.egg-info",
        "app/node_modules/a/package.json", "node_modules/@s/a/package.json",
        "node_modules/a/node_modules/b/package.json", "node_modules/.pnpm/a@1/node_modules/a/package.json"}) {
    if (!is_database(path)) FAIL_CHECK(path);
  }
  for (const auto path : {"",
                          "/var/lib/dpkg/status",
                          "x/var/lib/dpkg/status",
                          "var/lib/dpkg/status-old",
                          "var/lib/dpkg/status.d/a/b",
                          "var/lib/dpkg/info/.list",
                          "var/lib/dpkg/info/libc6.postinst",
                          "var/lib/rpm/Name",
                          "var/lib/rpm/Packages/x",
                          "a.dist-info/WHEEL",
                          "METADATA",
                          ".dist-info/METADATA",
                          "x/.egg-info",
                          "package.json",
                          "app/package.json",
                          "node_modules/package.json",
                          "node_modules/a/lib/package.json",
                          "node_modules/@s/package.json",
                          "node_modules/.cache/package.json",
                          "node_modules/a/b/c/package.json"}) {
    if (is_database(path)) FAIL_CHECK(path);
    CHECK(read_database(path, "x").empty());
  }
}

TEST_CASE("dpkg's status: what was removed but for its configuration is not installed, what is on hold is") {
  CHECK(summary(read_database(status_path, status)) == Files{"bash 5.2.15-2+b8 amd64 ", "libc6 2.36-9 amd64 "});
}

TEST_CASE("dpkg's status: blank lines between packages don't hide what follows them") {
  CHECK(read_database(status_path, "\n\n\n" + status + "\n\n\n" + status).size() == 4);
  CHECK(read_database(status_path, "").empty());
  CHECK(read_database(status_path, "\n\n").empty());
}

TEST_CASE("dpkg's status: what is damaged is told with its line") {
  const std::string start = "Package: a\nStatus: install ok installed\n";
  CHECK(error_in(status_path, start + "Versi") == "integrity: line 3: it is truncated");
  CHECK(error_in(status_path, start + "nonsense\n") == "integrity: line 3: not of the form 'Name: value'");
  CHECK(error_in(status_path, start + "Architecture: all\n") == "integrity: line 3: the package has no version");
  CHECK(error_in(status_path, start + "Package: b\n") == "integrity: line 3: duplicate field");
  CHECK(error_in(status_path, "Package: a\nVersion: 1\n\n") == "integrity: line 3: 'Status' is not three words");
}

TEST_CASE("distroless: a package in status.d needs no status, and its files are in the checksums") {
  const auto packages = read_database("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a\n");
  CHECK(summary(packages) == Files{"tzdata 2024a  "});
  const auto files = read_database("var/lib/dpkg/status.d/tzdata.md5sums",
                                   "0123456789abcdef0123456789abcdef  usr/share/zoneinfo/CET\n");
  REQUIRE(files.size() == 1);
  CHECK(files[0].name == "tzdata");
  CHECK(files[0].files == Files{"usr/share/zoneinfo/CET"});
  CHECK(error_in("var/lib/dpkg/status.d/a.md5sums", "12  a\n") == "integrity: line 1: not of the form 'MD5  PATH'");
}

TEST_CASE("dpkg's lists: the root is no file, and one of several architectures is in the name") {
  const auto parts = read_database(list_path, "/.\n/lib\n/lib/x y\n/lib/./../../..//etc\n/lib\n");
  REQUIRE(parts.size() == 1);
  CHECK(parts[0] == Package{Ecosystem::dpkg, "libc6", "", "amd64", "", {"etc", "lib", "lib/x y"}});
  CHECK(error_in(list_path, "/a\n\n") == "integrity: line 2: a path is empty");
  CHECK(error_in(list_path, "/a\n/usr/bi") == "integrity: line 2: it is truncated");
  CHECK(error_in(list_path, '/' + std::string(5000, 'a') + '\n') == "integrity: a path is longer than 4096 bytes");
  CHECK(error_in(list_path, std::string("/a\0b\n", 5)) == "integrity: a path contains a NUL byte");
}

TEST_CASE("apk: files are below the directory named before them") {
  const auto packages = read_database(apk_path, installed);
  REQUIRE(packages.size() == 2);
  CHECK(packages[0] ==
        Package{Ecosystem::apk, "musl", "1.2.4-r2", "x86_64", "", {"lib", "lib/ld-musl-x86_64.so.1", "top"}});
  CHECK(packages[1] == Package{Ecosystem::apk, ".build-deps", "20240101.120000", "noarch", "", {}});
  CHECK(read_database(apk_path, installed.substr(0, installed.size() - 1)) == packages);
}

TEST_CASE("apk: what is damaged is told with its line") {
  CHECK(error_in(apk_path, "P:a\nV:1\nR:x\n") == "integrity: line 3: a file has no directory");
  CHECK(error_in(apk_path, "P:a\nV:1\nF:a\nR:../x\n") == "integrity: line 4: not a file name");
  CHECK(error_in(apk_path, "P:a\nV:1\nF:a\nR:..\n") == "integrity: line 4: not a file name");
  CHECK(error_in(apk_path, "P:a\nnonsense\n") == "integrity: line 2: not of the form 'X:value'");
  CHECK(error_in(apk_path, "P:a\n\n") == "integrity: line 2: the package has no version");
  CHECK(error_in(apk_path, "P:a\nP:b\n") == "integrity: line 2: duplicate value");
  CHECK(error_in(apk_path, "P:a\nV:1\nF:usr") == "integrity: line 3: it is truncated");
}

TEST_CASE("a directory of an earlier package is not that of the next one's files") {
  CHECK(error_in(apk_path, "P:a\nV:1\nF:x\n\nP:b\nV:1\nR:y\n") == "integrity: line 7: a file has no directory");
}

TEST_CASE("many short lines that stand for long paths are refused before the memory is full") {
  std::string bytes = "P:a\nV:1\nF:" + std::string(4000, 'd') + '\n';
  for (int i = 0; i < 100'000; ++i) bytes += "R:x\n";
  CHECK(error_in(apk_path, bytes) == "integrity: its names exceed the memory limit");
}

TEST_CASE("a large honest database takes no time to speak of") {
  const auto start = std::chrono::steady_clock::now();
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += fmt::format("/usr/share/doc/package-{}/changelog.gz\n", i);
  CHECK(read_database(list_path, bytes)[0].files.size() == 200'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10) * FN_PATIENCE);
}

TEST_CASE("damaged databases of dpkg and apk give packages or an error, and nothing else") {
  damage_database(status_path, status);
  damage_database(list_path, "/.\n/lib\n/lib/x\n");
  damage_database("var/lib/dpkg/status.d/a", status.substr(0, 60));
  damage_database("var/lib/dpkg/status.d/a.md5sums", "0123456789abcdef0123456789abcdef  usr/x\n");
  damage_database(apk_path, installed);
}
