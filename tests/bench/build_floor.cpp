// SPDX-License-Identifier: Apache-2.0
// What a cold build can't be faster than: the same compressor on segments of the same size, the hash of the tar, the
// hash of the blob and the digests of the files, over bytes that are in memory already, in as many threads. Nothing
// waits for anything here: of a build's steps it leaves out the reading, the order, and all that is not arithmetic.
//
//   build-floor CODEC THREADS DIR..     prints the seconds
#include "base/hash.hpp"
#include "layer/compressor.hpp"
#include "layer/content.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace fn;

constexpr std::size_t header = 512;
constexpr std::size_t segment = 4 * MiB;

struct Part {
  std::size_t begin = 0;
  std::size_t size = 0;
};

struct Input {
  std::vector<std::byte> tar;
  std::vector<Part> files;
};

Input read_input(std::span<char*> directories) {
  Input input;
  std::string content;
  for (const char* directory : directories)
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      input.tar.resize(input.tar.size() + header, std::byte(entry.path().native().size()));
      if (!entry.is_regular_file() || entry.is_symlink()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      content.assign(std::istreambuf_iterator<char>(file), {});
      const Part part{input.tar.size(), content.size()};
      input.tar.resize(part.begin + (part.size + header - 1) / header * header);
      std::memcpy(input.tar.data() + part.begin, content.data(), part.size);
      if (part.size > 0) input.files.push_back(part);
    }
  return input;
}

void work(const Input& input, const layer::Codec& codec, std::atomic<std::size_t>& segments,
          std::atomic<std::size_t>& files) {
  const std::span<const std::byte> tar(input.tar);
  const auto compressor = layer::Compressor::make(codec);
  std::vector<std::byte> out;
  for (std::size_t at = segments++ * segment; at < tar.size(); at = segments++ * segment) {
    const auto part = tar.subspan(at, std::min(segment, tar.size() - at));
    compressor->compress(part, out);
    for (const std::span<const std::byte> bytes : {part, std::span<const std::byte>(out)}) {
      Sha256 hash;
      hash.update(bytes);
      hash.finish();
    }
  }
  for (std::size_t n = files++; n < input.files.size(); n = files++)
    layer::content_of(tar.subspan(input.files[n].begin, input.files[n].size));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const layer::Codec codec = layer::Codec::parse(argv[1]);
  const Input input = read_input({argv + 3, argv + argc});
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<std::size_t> segments = 0;
  std::atomic<std::size_t> files = 0;
  std::vector<std::jthread> threads;
  for (int n = std::stoi(argv[2]); n > 0; --n) threads.emplace_back([&] { work(input, codec, segments, files); });
  threads.clear();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.2f\n", took.count());
}
