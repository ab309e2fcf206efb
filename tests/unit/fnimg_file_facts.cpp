// SPDX-License-Identifier: Apache-2.0
#include "elf_support.hpp"
#include "image/file_facts.hpp"
#include "layer/frame.hpp"

using namespace fn;
using namespace fn::img;

namespace {

layer::Entry entry_of(std::string path, const std::string& content) {
  return {.path = std::move(path), .size = content.size()};
}

// As a stream has them, in pieces of an odd size, and as random access does: which are the same.
std::optional<FileFacts> facts_of(const std::string& path, const std::string& content) {
  const layer::Entry entry = entry_of(path, content);
  FactsOfStream stream(entry);
  const auto bytes = std::as_bytes(std::span(content));
  for (std::size_t at = 0; at < bytes.size(); at += 97)
    stream.feed(bytes.subspan(at, std::min<std::size_t>(97, bytes.size() - at)));
  FileFacts streamed;
  const FactsOfStream::Outcome outcome = stream.finish(streamed);
  elf::MemorySource source(content);
  auto facts = img::facts_of(entry, source);
  CHECK((outcome == FactsOfStream::Outcome::known) == facts.has_value());
  if (facts) CHECK(*facts == streamed);
  return facts;
}

std::string text_of(const std::string& path, const std::string& content) {
  const auto facts = facts_of(path, content);
  if (!facts) return "(none)";
  CHECK(facts->kind == FileFacts::Kind::text);
  return facts->bytes;
}

}  // namespace

TEST_CASE("an ELF file has the facts that its reader finds") {
  const std::string library = SmallElf().build();
  const auto facts = facts_of("usr/lib/libsmall.so", library);
  REQUIRE(facts);
  CHECK(facts->kind == FileFacts::Kind::object);
  elf::MemorySource source(library);
  CHECK(facts->bytes == elf::pack(*elf::read_facts(source)));
  // Whatever its name.
  CHECK(facts_of("etc/passwd", library) == facts);
}

TEST_CASE("a file that contradicts itself has no facts, and is no error") {
  const std::string library = SmallElf().build();
  for (std::size_t size = 1; size < library.size(); size += 50) {
    CAPTURE(size);
    facts_of("lib.so", library.substr(0, size));
  }
  CHECK_FALSE(facts_of("lib.so", library.substr(0, 60)));
  CHECK_FALSE(facts_of("lib.so", library.substr(0, 4)));
}

TEST_CASE("of scripts the first line, of what loaders and languages read all") {
  CHECK(text_of("bin/run", "#!/bin/sh -e\necho\n") == "#!/bin/sh -e");
  CHECK(text_of("bin/run", "#!/bin/sh") == "#!/bin/sh");
  CHECK(text_of("bin/run", "#!" + std::string(500, 'x')) == "#!" + std::string(254, 'x'));
  CHECK(text_of("bin/run", "echo\n") == "(none)");
  CHECK(text_of("bin/run", "#") == "(none)");
  const std::string accounts = "root:x:0:0::/:\n" + std::string(1000, 'x') + "\n";
  for (const char* path : {"etc/passwd", "etc/group", "usr/etc/passwd", "etc/ld.so.cache", "etc/ld-musl-x86_64.path",
                           "app/venv/pyvenv.cfg", "pyvenv.cfg"}) {
    CAPTURE(std::string(path));
    CHECK(text_of(path, accounts) == accounts);
  }
  for (const char* path : {"passwd", "etc/passwd-", "etc/pam.d/passwd", "etc/ld-musl-x86_64.conf", "etc/shadow"}) {
    CAPTURE(std::string(path));
    CHECK(text_of(path, accounts) == "(none)");
  }
  CHECK(text_of("etc/passwd", std::string(300 << 10, 'x')) == "(none)");
  CHECK(text_of("etc/ld.so.cache", std::string(300 << 10, 'x')).size() == 300 << 10);
}

TEST_CASE("facts of a segment come back as they were packed, and damage is found") {
  SegmentFacts facts{.members = 9, .known = {}};
  CHECK(unpack_segment_facts(pack(facts)) == facts);
  facts.known = {{0, {FileFacts::Kind::object, std::string("a\0b", 3)}}, {8, {FileFacts::Kind::text, "#!x"}}};
  const std::string packed = pack(facts);
  CHECK(unpack_segment_facts(packed) == facts);
  const auto is_refused = [](const std::string& bytes) {
    return error_of([&] { unpack_segment_facts(bytes); }).starts_with("integrity: ");
  };
  for (std::size_t size = 0; size < packed.size(); ++size) CHECK(is_refused(packed.substr(0, size)));
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CAPTURE(at);
    bool same = false;
    CHECK((is_refused(damaged) || (same = unpack_segment_facts(damaged) == facts)));
  }
  CHECK(is_refused(layer::to_frame("")));
  CHECK(is_refused(layer::to_frame(std::string("\1\1\1\0\0", 5))));
}
