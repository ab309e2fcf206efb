// SPDX-License-Identifier: Apache-2.0
#include "link/cache.hpp"
#include "link_cache_bytes.hpp"
#include "link_support.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace fn;
using namespace fn::link;

namespace {

std::string found(const std::string& bytes, std::string_view name, std::uint32_t flags = x86_64,
                  const std::vector<std::string>& hwcaps = {}, Cache::Order order = Cache::Order::little) {
  const Cache cache = Cache::read(bytes, order);
  return std::string(cache.find(name, flags, hwcaps).value_or("nothing"));
}

constexpr std::uint64_t folder = std::uint64_t{1} << 62;
const std::vector<CacheLine> lines{
    {"libz.so.1", "/lib64/libz.so.1"},
    {"libz.so.1", "/lib/libz.so.1", i386},
    {"libm.so.6", "/lib64/glibc-hwcaps/x86-64-v4/libm.so.6", x86_64, folder | 1},
    {"libm.so.6", "/lib64/glibc-hwcaps/x86-64-v3/libm.so.6", x86_64, folder | 2ULL << 32},
    {"libm.so.6", "/lib64/haswell/libm.so.6", x86_64, 4},
    {"libm.so.6", "/lib64/libm.so.6"},
    {"libv3.so", "/lib64/glibc-hwcaps/x86-64-v3/libv3.so", x86_64, folder}};
const std::vector<std::string> folders{"x86-64-v3", "x86-64-v4"};

}  // namespace

TEST_CASE("the cache of today") {
  const std::string bytes = new_layout(lines, Cache::Order::little, 2, folders);
  CHECK(Cache::read(bytes, Cache::Order::little).entries().size() == 7);
  CHECK(found(bytes, "libz.so.1") == "/lib64/libz.so.1");
  CHECK(found(bytes, "libz.so.1", i386) == "/lib/libz.so.1");
  CHECK(found(bytes, "libz.so.1", 0xa03) == "nothing");
  CHECK(found(bytes, "libz.so") == "nothing");
  CHECK(found(bytes, "libm.so.6") == "/lib64/libm.so.6");
  CHECK(found(bytes, "libm.so.6", x86_64, {"x86-64-v3", "x86-64-v2"}) == "/lib64/glibc-hwcaps/x86-64-v3/libm.so.6");
  CHECK(found(bytes, "libm.so.6", x86_64, {"x86-64-v4", "x86-64-v3"}) == "/lib64/glibc-hwcaps/x86-64-v4/libm.so.6");
  CHECK(found(bytes, "libv3.so") == "nothing");
}

TEST_CASE("the cache of old, alone and before that of today") {
  CHECK(found(old_layout({lines[0], lines[1]}), "libz.so.1", i386) == "/lib/libz.so.1");
  CHECK(found(old_layout({{"liba.so", "/lib/any.so", 1}}), "liba.so", i386) == "/lib/any.so");
  CHECK(found(old_layout({{"liba.so", "/lib/any.so", 1}}), "liba.so") == "nothing");
  for (std::size_t count = 0; count < 3; ++count) {
    const std::vector<CacheLine> old_lines(count, {"libold.so", "/x"});
    const std::string bytes = both_layouts(old_lines, lines, folders);
    CHECK(found(bytes, "libz.so.1") == "/lib64/libz.so.1");
    CHECK(found(bytes, "libold.so") == "nothing");
    CHECK(found(bytes, "libm.so.6", x86_64, {"x86-64-v3"}) == "/lib64/glibc-hwcaps/x86-64-v3/libm.so.6");
  }
}

TEST_CASE("a cache of the other byte order says nothing") {
  const std::string big = new_layout(lines, Cache::Order::big, 3, folders);
  CHECK(found(big, "libz.so.1", x86_64, {}, Cache::Order::big) == "/lib64/libz.so.1");
  CHECK(found(big, "libz.so.1") == "nothing");
  const std::string little = new_layout(lines, Cache::Order::little, 2, folders);
  CHECK(found(little, "libz.so.1", x86_64, {}, Cache::Order::big) == "nothing");
  CHECK(found(new_layout(lines, Cache::Order::little, 0, folders), "libz.so.1") == "/lib64/libz.so.1");
}

TEST_CASE("what is not a cache says nothing, one that lies is corrupt") {
  for (const std::string bytes : {"", "x", "ld.so-1.7.", "glibc-ld.so.cache1.0 and more"})
    CHECK(Cache::read(bytes, Cache::Order::little).entries().empty());
  const std::vector<std::string> whole{new_layout(lines, Cache::Order::little, 2, folders),
                                       old_layout({lines[0], lines[1]}), both_layouts({lines[0]}, lines, folders)};
  for (const std::string& bytes : whole) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string error = error_of([&] { Cache::read(bytes.substr(0, size), Cache::Order::little); });
      if (error != "nothing" && !error.starts_with("integrity: ")) FAIL_CHECK(size, error);
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const char flip : {'\x01', '\x40', '\x80', '\xff'}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        const std::string error = error_of([&] { Cache::read(damaged, Cache::Order::little); });
        if (error != "nothing" && !error.starts_with("integrity: ")) FAIL_CHECK(at, error);
      }
    }
  }
  std::string many = whole[0];
  many.replace(20, 4, "\xff\xff\xff\x7f");
  CHECK(error_of([&] { Cache::read(many, Cache::Order::little); }).starts_with("integrity: truncated"));
}

TEST_CASE("strings that overlap don't add up to much memory") {
  Writer file(Cache::Order::little);
  constexpr std::size_t count = 60000;
  file.text("glibc-ld.so.cache1.1");
  file.u32(count);
  file.zeros(24);
  for (std::size_t n = 0; n < count; ++n) {
    for (const std::size_t field : {std::size_t{3}, 48 + count * 24, 48 + count * 24}) file.u32(field);
    file.zeros(12);
  }
  file.text(std::string(4000, 'a'));
  file.zeros(1);
  CHECK(error_of([&] { Cache::read(file.out, Cache::Order::little); }) ==
        "integrity: its strings exceed the memory limit");
}

TEST_CASE("ldconfig's own caches") {
  const std::filesystem::path ldconfig = "/sbin/ldconfig";
  if (!std::filesystem::exists(ldconfig)) return;
  char name[] = "/tmp/fn-link-XXXXXX";
  REQUIRE(mkdtemp(name));
  const std::string folder_name = name;
  for (const std::string layout : {"old", "new", "compat"}) {
    const std::string cache = folder_name + "/" + layout, listed = folder_name + "/listed";
    if (std::system((ldconfig.string() + " -X -c " + layout + " -C " + cache + " 2>&1").c_str()) != 0) continue;
    REQUIRE(std::system((ldconfig.string() + " -p -C " + cache + " >" + listed).c_str()) == 0);
    std::stringstream bytes;
    bytes << std::ifstream(cache).rdbuf();
    const Cache read = Cache::read(bytes.str(), Cache::Order::little);
    std::vector<std::string> ours, theirs;
    for (const auto& entry : read.entries()) ours.push_back(entry.name + " " + entry.path);
    std::ifstream lines_listed(listed);
    for (std::string line; std::getline(lines_listed, line);) {
      if (!line.starts_with('\t')) continue;
      theirs.push_back(line.substr(1, line.find(' ') - 1) + line.substr(line.find(" => ") + 3));
    }
    CHECK(ours.size() > 10);
    CHECK(ours == theirs);
  }
  std::filesystem::remove_all(folder_name);
}
