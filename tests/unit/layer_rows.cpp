// SPDX-License-Identifier: Apache-2.0
#include "layer/rows.hpp"
#include "layer_support.hpp"

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

Entry sized(std::string path, Bytes size) {
  Entry entry{.path = std::move(path)};
  entry.size = size;
  return entry;
}

Content with_chunks(std::size_t chunks) {
  Content content;
  content.digest.fill(7);
  content.chunks.resize(chunks);
  return content;
}

std::string rows_of(const Entry& entry, const Content& content = {}, const ContinuedFile& continued = {},
                    Bytes size = 4096) {
  RowWriter rows(size, continued);
  rows.add(entry, content);
  return rows.finish();
}

std::vector<File> files_in(std::string_view rows) {
  std::vector<File> files;
  RowReader reader(rows);
  while (std::optional<File> file = reader.next()) files.push_back(std::move(*file));
  return files;
}

}  // namespace

TEST_CASE("all that a header says is in the row: no two that differ have one name") {
  const Entry file = sized("usr/bin/tool", 100);
  const std::string plain = rows_of(file, with_chunks(0));
  const auto differs = [&](auto&& change) {
    Entry other = file;
    change(other);
    CHECK(rows_of(other, with_chunks(0)) != plain);
  };
  differs([](Entry& entry) { entry.path += 's'; });
  differs([](Entry& entry) { entry.mode = 04644; });
  differs([](Entry& entry) { entry.uid = 1; });
  differs([](Entry& entry) { entry.gid = 1; });
  differs([](Entry& entry) { entry.mtime = -1; });
  differs([](Entry& entry) { entry.mtime_ns = 1; });
  differs([](Entry& entry) { entry.size = 101; });
  differs([](Entry& entry) { entry.xattrs = {{"user.a", ""}}; });
  differs([](Entry& entry) { entry.type = Type::fifo; });
  CHECK(rows_of(soft_link("a", "b")) != rows_of(soft_link("a", "c")));
  CHECK(rows_of(hard_link("a", "b")) != rows_of(soft_link("a", "b")));
  Entry device{.path = "d", .type = Type::char_device};
  const std::string null = rows_of(device);
  device.device_minor = 3;
  CHECK(rows_of(device) != null);
  Content other = with_chunks(0);
  other.digest[31] = 8;
  CHECK(rows_of(file, other) != plain);
  CHECK(rows_of(file, with_chunks(0), {}, 4097) != plain);
}

TEST_CASE("two parts of one large file have two names") {
  const ContinuedFile first{.digest = {}, .offset = 4 * MiB, .bytes = 4 * MiB};
  ContinuedFile second = first;
  second.offset = 8 * MiB;
  ContinuedFile shorter = first;
  shorter.bytes = 3 * MiB;
  ContinuedFile other = first;
  other.digest[0] = 1;
  const std::string name = rows_of(directory("d"), {}, first);
  for (const ContinuedFile& continued : {second, shorter, other}) CHECK(rows_of(directory("d"), {}, continued) != name);
  CHECK(files_in(name).at(0).entry == directory("d"));
}

TEST_CASE("rows that nobody wrote are refused, and take no memory") {
  const std::string good = rows_of(sized("f", 5 * MiB), with_chunks(10));
  CHECK(files_in(good).at(0).content.chunks.size() == 10);
  const auto refused = [](std::string_view rows) { return error_of(Kind::integrity, [&] { files_in(rows); }); };
  for (std::size_t size = 4; size < good.size(); ++size)
    CHECK_FALSE(refused(std::string_view(good).substr(0, size)).empty());
  CHECK(refused(rows_of(sized("f", 5 * MiB), with_chunks(9))) == "the chunks of a file do not match its size");
  // 2^60 bytes, of which there would be as many chunks as make 32 TiB.
  Packer lie;
  lie.number(1).number(0).text_after("", "f").number(0).number(0644).number(0).number(0).signed_number(0).number(0);
  lie.number(Bytes{1} << 60).bytes(Sha256::Value{}).number(Bytes{1} << 41);
  CHECK_FALSE(refused(lie.str()).empty());
  Packer type;
  type.number(1).number(0).text_after("", "f").number(7);
  CHECK_FALSE(refused(type.str()).empty());
}
