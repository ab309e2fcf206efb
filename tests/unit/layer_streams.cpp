// SPDX-License-Identifier: Apache-2.0
#include "layer/read_ahead.hpp"
#include "layer_support.hpp"
#include "sys/fd.hpp"

#include <thread>
#include <unistd.h>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

// Gives `good` bytes, then fails.
class FailingSource final : public ByteSource {
 public:
  explicit FailingSource(std::size_t good) : left_(good) {}
  std::size_t read(std::span<std::byte> buffer) override {
    if (left_ == 0) fail(Kind::failure, "the disk broke");
    const std::size_t count = std::min(left_, buffer.size());
    std::fill_n(buffer.begin(), count, std::byte{'x'});
    left_ -= count;
    return count;
  }

 private:
  std::size_t left_;
};

class EndlessSource final : public ByteSource {
 public:
  std::size_t read(std::span<std::byte> buffer) override {
    buffer.front() = std::byte{'x'};
    return 1;
  }
};

}  // namespace

TEST_CASE("reading ahead changes no byte, whatever the sizes") {
  std::string text;
  for (int i = 0; i < 700'000; ++i) text += std::to_string(i);
  for (const std::size_t piece : {std::size_t{4093}, std::size_t{1} << 20, std::size_t{5'000'000}}) {
    PieceSource source(text, piece);
    ReadAhead ahead(source);
    CHECK(read_all(ahead, 100'003) == text);
    std::byte one{};
    CHECK(ahead.read({&one, 1}) == 0);
    CHECK(ahead.read({&one, 1}) == 0);
  }
}

TEST_CASE("an error comes after the bytes before it, and again") {
  FailingSource source(3'000'000);
  ReadAhead ahead(source, 2);
  std::vector<std::byte> buffer(3'000'000);
  std::size_t got = 0;
  while (got < buffer.size()) got += ahead.read(std::span(buffer).subspan(got));
  for (int i = 0; i < 2; ++i) CHECK(error_of(Kind::failure, [&] { ahead.read(buffer); }) == "the disk broke");
}

TEST_CASE("a reader that stops early is not kept by the thread") {
  EndlessSource endless;
  { ReadAhead untouched(endless); }
  ReadAhead inner(endless);
  ReadAhead outer(static_cast<ByteSource&>(inner));
  std::vector<std::byte> buffer(10);
  CHECK(outer.read(buffer) > 0);
}

TEST_CASE("a hashing source hashes and counts what passes") {
  PieceSource source("abc", 2);
  HashingSource hashing(source);
  CHECK(read_all(hashing) == "abc");
  CHECK(hashing.count() == 3);
  CHECK(hashing.finish() == Sha256::of("abc"));
}

TEST_CASE("a file descriptor that can't be read is named") {
  FdSource source(-1, "sha256:abc");
  std::byte one{};
  CHECK(error_of(Kind::failure, [&] { source.read({&one, 1}); }) == "cannot read 'sha256:abc': bad file descriptor");
}

TEST_CASE("a pipe is read to its end") {
  sys::Pipe pipe = sys::make_pipe();
  std::jthread writer([fd = std::move(pipe.write)] {
    for (const char* word : {"one ", "two ", "three"}) CHECK(::write(fd.get(), word, strlen(word)) > 0);
  });
  writer.join();
  FdSource source(pipe.read.get(), "pipe");
  std::vector<std::byte> buffer(13);
  CHECK(source.read(buffer) == 13);
  CHECK(text_of(buffer) == "one two three");
}
