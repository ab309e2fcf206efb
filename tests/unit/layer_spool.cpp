// SPDX-License-Identifier: Apache-2.0
#include "layer/spool.hpp"
#include "layer_support.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <fcntl.h>
#include <filesystem>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

std::vector<Item> list(const std::string& tar) {
  const sys::TempDir scratch(std::filesystem::temp_directory_path(), "fn-test-");
  const sys::Fd dir = sys::open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
  PieceSource source(tar);
  return list_tar(source, dir.get(), "app.tar");
}

std::string spooled_content(const Item& item) {
  if (!item.origin) return {};
  std::vector<std::byte> bytes(item.entry.size);
  const auto reader = item.origin->open(item);
  reader->read(0, bytes);
  reader->finish();
  return text_of(bytes);
}

// "PATH:CONTENT", "PATH=FIRST NAME", "PATH/".
std::string spooled(const std::vector<Member>& members) {
  std::string text;
  for (const Item& item : list(tar_of(members))) {
    if (!text.empty()) text += ' ';
    text += item.entry.path;
    if (item.entry.type == Type::directory) text += '/';
    if (item.entry.type == Type::file) text += ':' + spooled_content(item);
    if (item.entry.type == Type::hardlink) text += '=' + item.entry.link;
  }
  return text;
}

std::string refused_members(const std::vector<Member>& members) {
  return error_of(Kind::integrity, [&] { list(tar_of(members)); });
}

}  // namespace

TEST_CASE("an archive's members keep order and content") {
  const std::string big(1'000'000, 'b');
  CHECK(spooled({bare(directory("z")), file("z/a", "one"), file("big", big), file("empty", "")}) ==
        "z/ z/a:one big:" + big + " empty:");
}

TEST_CASE("of two entries with one path the last wins, where it stands") {
  CHECK(spooled({file("a", "1"), file("b", "2"), file("a", "3")}) == "b:2 a:3");
  CHECK(spooled({bare(directory("d")), file("d/x", "1"), bare(directory("d"))}) == "d/ d/x:1");
}

TEST_CASE("a replaced file stays with its other names, as when it is extracted") {
  CHECK(spooled({file("a", "1"), bare(hard_link("b", "a")), bare(hard_link("c", "a")), file("a", "2")}) ==
        "b:1 c=b a:2");
  CHECK(spooled({file("a", "1"), bare(hard_link("b", "a")), file("b", "2")}) == "a:1 b:2");
  CHECK(spooled({file("a", "1"), bare(hard_link("b", "a")), file("c", "3"), bare(hard_link("a", "c"))}) ==
        "b:1 c:3 a=c");
  CHECK(spooled({file("a", "1"), bare(hard_link("b", "a")), file("a", "2"), file("b", "3")}) == "a:2 b:3");
}

TEST_CASE("links to links name the file, a link to itself changes nothing") {
  CHECK(spooled({file("a", "1"), bare(hard_link("b", "a")), bare(hard_link("c", "b")), bare(hard_link("a", "c"))}) ==
        "a:1 b=a c=a");
}

TEST_CASE("what can't be extracted is refused") {
  CHECK(refused_members({bare(hard_link("l", "none"))}) ==
        "'app.tar': hard link 'l' names 'none', which is not in the archive before it");
  CHECK(refused_members({bare(directory("d")), bare(hard_link("l", "d"))}) ==
        "'app.tar': hard link 'l' names 'd', which is a directory");
  CHECK(refused_members({file("a", ""), file("a/b", "")}) == "'app.tar': 'a/b' is below 'a', which is not a directory");
  CHECK(refused_members({bare(directory("d")), file("d/x", ""), file("d", "")}) ==
        "'app.tar': 'd' is first a directory, then something else");
  CHECK(spooled({bare(soft_link("lib", "usr/lib")), file("lib/x", "1")}) == "lib lib/x:1");
}
