// SPDX-License-Identifier: Apache-2.0
// Which bytes are worth keeping is known when the program headers are: they lie right behind the ELF header. The
// dynamic segment says where the tables are, but comes late: behind the code, before the data, while most tables are in
// front of the code, and those that patchelf moved at the very end. So segments are kept that may hold tables: notes,
// dynamic and interpreter first, then all that is loaded and not code. Code is kept only as far as an older linker puts
// tables in front of it, in the same segment. What is loaded counts together against one limit, in the order of the
// file.
//
// At the end read_facts() reads what was kept. If it comes to a place that was there and is gone, the facts are
// incomplete, and never wrong.
#include "elf/stream.hpp"

#include "base/error.hpp"
#include "elf/file.hpp"
#include "elf/layout.hpp"

#include <algorithm>
#include <cstring>

namespace fn::elf {
namespace {

constexpr std::uint64_t max_front = std::uint64_t{1} << 20;      // for headers
constexpr std::uint64_t max_small = std::uint64_t{1} << 20;      // of a segment that is not loaded
constexpr std::uint64_t max_with_code = std::uint64_t{8} << 20;  // of a segment of code

constexpr std::uint64_t believed = std::uint64_t{1} << 20;

// Thrown inside of finish() only.
struct NotKept {};

bool is_small_part(const Segment& segment) {
  return segment.type == PT_INTERP || segment.type == PT_NOTE || segment.type == PT_DYNAMIC;
}

}  // namespace

class FactsFromStream::KeptSource final : public Source {
 public:
  explicit KeptSource(const FactsFromStream& stream) : stream_(stream) {}

  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= stream_.position_) return 0;
    const auto& kept = stream_.kept_;
    auto after = std::upper_bound(kept.begin(), kept.end(), offset,
                                  [](std::uint64_t at, const Kept& part) { return at < part.begin; });
    if (after == kept.begin() || offset - (--after)->begin >= after->bytes.size()) throw NotKept{};
    const std::size_t within = std::size_t(offset - after->begin);
    const std::size_t count = std::min(out.size(), after->bytes.size() - within);
    std::memcpy(out.data(), after->bytes.data() + within, count);
    return count;
  }

 private:
  const FactsFromStream& stream_;
};

void FactsFromStream::feed(std::span<const std::byte> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (phase_ == Phase::headers && !text.empty()) {
    const std::string_view part = text.substr(0, std::size_t(front_needed_) - front_.size());
    collect_headers(part);
    position_ += part.size();
    text.remove_prefix(part.size());
  }
  if (phase_ == Phase::chosen) add(position_, text);
  position_ += text.size();
}

void FactsFromStream::collect_headers(std::string_view bytes) {
  front_ += bytes;
  const std::string_view magic(ELFMAG, SELFMAG);
  if (std::string_view(front_).substr(0, magic.size()) != magic.substr(0, front_.size())) {
    phase_ = Phase::not_elf;
    front_ = {};
  } else if (front_.size() == front_needed_) {
    choose_parts();
  }
}

void FactsFromStream::choose_parts() {
  kept_.clear();
  try {
    const auto header = Header::parse(front_);
    const std::uint64_t end = header->segments_offset + header->segments_size;
    if (header->segments_size > 0 && end > front_.size() && end <= max_front) {
      front_needed_ = end;
      return;
    }
    keep(0, front_needed_);
    MemorySource source(front_);
    const auto layout = Layout::open(source);
    for (const Segment& segment : layout->segments())
      if (is_small_part(segment)) keep(segment.offset, std::min(segment.size, max_small));
    for (const Segment& segment : layout->segments())
      if (segment.type == PT_LOAD)
        keep(segment.offset, (segment.flags & PF_X) != 0 ? std::min(segment.size, max_with_code) : segment.size);
  } catch (const Error&) {
    // finish() will find the same.
  }
  merge();
  phase_ = Phase::chosen;
  add(0, front_);
  front_ = {};
}

void FactsFromStream::keep(std::uint64_t begin, std::uint64_t size) {
  size = std::min(size, left_);
  if (size == 0 || begin + size < begin) return;
  left_ -= size;
  kept_.push_back({begin, begin + size, {}});
}

void FactsFromStream::merge() {
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.begin < b.begin; });
  std::vector<Kept> merged;
  for (Kept& part : kept_) {
    if (!merged.empty() && part.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, part.end);
    } else {
      merged.push_back(std::move(part));
    }
  }
  kept_ = std::move(merged);
}

void FactsFromStream::add(std::uint64_t position, std::string_view bytes) {
  const std::uint64_t end = position + bytes.size();
  while (current_ < kept_.size() && kept_[current_].begin < end) {
    Kept& part = kept_[current_];
    const std::uint64_t from = std::max(position, part.begin), to = std::min(end, part.end);
    // Exactly what is needed, once a segment has shown that it is as large as it says.
    const std::uint64_t size = part.end - part.begin;
    part.bytes.reserve(std::size_t(part.bytes.size() < believed ? std::min(size, believed) : size));
    part.bytes += bytes.substr(std::size_t(from - position), std::size_t(to - from));
    if (part.end > end) return;
    ++current_;
  }
}

FactsFromStream::Result FactsFromStream::finish() {
  if (phase_ == Phase::headers) {
    // It ended before its headers did.
    keep(0, front_.size());
    merge();
    add(0, front_);
  }
  KeptSource source(*this);
  Result result;
  if (phase_ == Phase::not_elf) return result;
  try {
    auto facts = read_facts(source);
    if (!facts) return result;
    result.facts = std::move(*facts);
    result.outcome = Outcome::complete;
  } catch (const NotKept&) {
    result.outcome = Outcome::incomplete;
  }
  return result;
}

}  // namespace fn::elf
