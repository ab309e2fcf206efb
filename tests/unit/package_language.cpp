// SPDX-License-Identifier: Apache-2.0
#include "package_support.hpp"

using namespace fn;
using namespace fn::package;

namespace {

constexpr std::string_view metadata_path = "usr/lib/python3/site-packages/foo_bar-1.0.dist-info/METADATA";
constexpr std::string_view record_path = "usr/lib/python3/site-packages/foo_bar-1.0.dist-info/RECORD";
constexpr std::string_view npm_path = "app/node_modules/@scope/name/package.json";

const std::string metadata = "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\nSummary: s\n\nName: body\n";
const std::string record =
    "../../../bin/foo,sha256=abc,120\nfoo/__init__.py,sha256=abc,0\n\"foo/a, \"\"b\"\".py\",sha256=x,1\n"
    "foo_bar-1.0.dist-info/RECORD,,\n/etc/foo.conf,,\n";
const std::string manifest = R"({"name": "@scope/name", "version": "1.2.3", "dependencies": {"a": "^1"}})";

Files files_of(std::string_view bytes) {
  const auto parts = read_database(record_path, bytes);
  return parts.empty() ? Files{"no part"} : parts[0].files;
}

}  // namespace

TEST_CASE("Python: name and version are in the headers, not in the text below them") {
  CHECK(summary(read_database(metadata_path, metadata)) == Files{"Foo.Bar 1.0  usr/lib/python3/site-packages"});
  CHECK(error_in(metadata_path, "Name: a\n\nVersion: 1\n") == "integrity: line 2: the package has no version");
}

TEST_CASE("Python: what setuptools left is read from its directory and from its file") {
  CHECK(summary(read_database("srv/a-1.egg-info/PKG-INFO", metadata)) == Files{"Foo.Bar 1.0  srv"});
  CHECK(summary(read_database("srv/a-1.egg-info", "Name: a\r\nVersion: 1\r\n")) == Files{"a 1  srv"});
}

TEST_CASE("Python: a description that breaks the format of old files hides no version before it") {
  CHECK(read_database("a.egg-info", "Name: a\nVersion: 1\nDescription: b\nno field\n").size() == 1);
  CHECK(error_in("a.egg-info", "Name: a\nno field\nVersion: 1\n") ==
        "integrity: line 2: not of the form 'Name: value'");
}

TEST_CASE("Python: a record names files beside the modules and far from them") {
  CHECK(files_of(record) == Files{"etc/foo.conf", "usr/bin/foo", "usr/lib/python3/site-packages/foo/__init__.py",
                                  "usr/lib/python3/site-packages/foo/a, \"b\".py",
                                  "usr/lib/python3/site-packages/foo_bar-1.0.dist-info/RECORD"});
}

TEST_CASE("Python: no record leads out of the image") {
  CHECK(files_of("../../../../../../../etc/passwd,,\n../../../..,,\n") == Files{"etc/passwd"});
}

TEST_CASE("Python: rows end as Windows writes them, and the last one need not end") {
  CHECK(files_of("/a,,\r\n\r\n/b") == Files{"a", "b"});
  CHECK(files_of("\"/a\r\nb\",,\n") == Files{"a\r\nb"});
  CHECK(files_of("").empty());
}

TEST_CASE("Python: a quote that is not closed is told with the line that it begins in") {
  CHECK(error_in(record_path, "a,,\n\"b,,\nc,,\n") == "integrity: line 2: unterminated quote");
  CHECK(error_in(record_path, "a,,\n" + std::string(5000, 'b')) ==
        "integrity: line 2: a path is longer than 4096 bytes");
}

TEST_CASE("npm: a package is its directory") {
  CHECK(summary(read_database(npm_path, manifest)) == Files{"@scope/name 1.2.3  app/node_modules/@scope/name"});
  CHECK(read_database(npm_path, "\xef\xbb\xbf" + manifest).size() == 1);
}

TEST_CASE("npm: what has no name or version is no package") {
  CHECK(read_database(npm_path, R"({"type": "module"})").empty());
  CHECK(read_database(npm_path, R"({"name": "a", "version": null})").empty());
  CHECK(read_database(npm_path, R"({"name": 5, "version": "1"})").empty());
}

TEST_CASE("npm: what is no object is damaged") {
  CHECK(error_in(npm_path, "[]") == "integrity: package.json is not an object");
  CHECK(error_in(npm_path, R"({"name": "a")").starts_with("integrity: "));
}

TEST_CASE("damaged files of pip and npm give packages or an error, and nothing else") {
  damage_database(metadata_path, metadata);
  damage_database(record_path, record);
  damage_database(npm_path, manifest);
}
