// SPDX-License-Identifier: Apache-2.0
// Which files may change is decided by their paths, before anything is read; whether one does change is seen when it
// is read. What came of it is remembered as the content of another identity, made from the file's own and all that the
// decision depends on: so a rebuild opens no file, and a build that leaves bytecode alone never sees these contents.
#include "layer/bytecode.hpp"

#include "base/hash.hpp"
#include "base/pack.hpp"
#include "layer/read_contents.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace fn::layer {
namespace {

constexpr std::size_t header_size = 16;
constexpr std::string_view cache_directory = "__pycache__";

std::uint32_t number_at(std::span<const std::byte> header, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t n = 4; n-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(header[at + n]);
  return value;
}

// A source as it was where it came from, and its time in the layer.
struct SourceTime {
  std::int64_t listed = 0;
  std::int64_t mtime = 0;
  Bytes size = 0;
};

// One compiled file, read from where it is and changed on the way.
class BytecodeOrigin final : public Origin {
 public:
  BytecodeOrigin(const Item& item, const SourceTime& source, const std::function<void()>& matched)
      : origin_(item.origin), identity_(item.identity), source_(source), matched_(matched) {}

  std::unique_ptr<Reader> open(const Item& item) const override {
    Item file = item;
    file.identity = identity_;
    return std::make_unique<HeaderReader>(origin_->open(file), *this);
  }
  void remember(const Item& item, const Content& content) const override { origin_->remember(item, content); }
  std::optional<Content> recall(const FileIdentity& identity) const override { return origin_->recall(identity); }

 private:
  class HeaderReader final : public Reader {
   public:
    HeaderReader(std::unique_ptr<Reader> file, const BytecodeOrigin& origin)
        : file_(std::move(file)), origin_(origin) {}

    void read(Bytes offset, std::span<std::byte> buffer) override {
      file_->read(offset, buffer);
      if (offset >= header_size) return;
      std::array<std::byte, header_size> header{};
      file_->read(0, header);
      const SourceTime& source = origin_.source_;
      const auto place = bytecode_time(header, source.listed, source.size);
      if (!place) return;
      for (std::size_t n = 0; n < 4; ++n)
        if (*place + n >= offset && *place + n - offset < buffer.size())
          buffer[*place + n - offset] = std::byte(std::uint32_t(source.mtime) >> (8 * n) & 0xff);
      if (origin_.matched_) origin_.matched_();
    }
    void finish() override { file_->finish(); }
    bool is_settled() const override { return file_->is_settled(); }

   private:
    std::unique_ptr<Reader> file_;
    const BytecodeOrigin& origin_;
  };

  std::shared_ptr<const Origin> origin_;
  FileIdentity identity_;
  SourceTime source_;
  const std::function<void()>& matched_;
};

FileIdentity derived_identity(FileIdentity identity, const SourceTime& source) {
  Packer facts;
  facts.number(identity.inode).signed_number(source.listed).signed_number(source.mtime).number(source.size);
  const Sha256::Value hash = Sha256::of("bytecode " + facts.str());
  identity.inode = 0;
  for (std::size_t n = 0; n < 8; ++n) identity.inode = identity.inode << 8 | hash[n];
  return identity;
}

void match(Item& item, const SourceTime& source, const std::function<void()>& matched) {
  const bool is_spooled = item.identity == FileIdentity();
  item.origin = std::make_shared<BytecodeOrigin>(item, source, matched);
  if (is_spooled) {  // read already: its content is always known
    const std::string bytes = read_content(item);
    item.content = content_of(std::as_bytes(std::span(bytes)));
    return;
  }
  item.identity = derived_identity(item.identity, source);
  item.content = item.origin->recall(item.identity);
}

}  // namespace

std::string bytecode_source(std::string_view path) {
  if (!path.ends_with(".pyc")) return {};
  const std::string_view directory = parent_path(path);
  std::string_view name = base_name(path);
  name.remove_suffix(4);
  if (base_name(directory) != cache_directory) return std::string(path.substr(0, path.size() - 1));
  const auto cut = [&] { name = name.substr(0, std::min(name.rfind('.'), name.size())); };
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos && name.substr(dot).starts_with(".opt-"))
    cut();
  if (name.find('.') == std::string_view::npos) return {};  // without an interpreter's tag
  cut();
  const std::string_view above = parent_path(directory);
  return std::string(above) + (above.empty() ? "" : "/") + std::string(name) + ".py";
}

std::optional<std::size_t> bytecode_time(std::span<const std::byte> header, std::int64_t mtime, Bytes size) {
  if (header.size() < header_size || header[2] != std::byte{'\r'} || header[3] != std::byte{'\n'}) return std::nullopt;
  const auto time = std::uint32_t(mtime);
  const auto length = std::uint32_t(size);
  if (number_at(header, 4) == 0 && number_at(header, 8) == time && number_at(header, 12) == length) return 8;
  if (number_at(header, 4) != time) return std::nullopt;
  if (number_at(header, 8) == length) return 4;
  const std::uint32_t magic = number_at(header, 0) & 0xffff;
  const bool has_no_size = magic > 20'000 || (magic >= 3000 && magic < 3190);  // Python 2, and 3 before 3.3
  return has_no_size && header[8] == std::byte{'c'} ? std::optional<std::size_t>(4) : std::nullopt;
}

void match_bytecode(std::vector<Item>& items, const std::function<void()>& matched) {
  std::vector<std::pair<std::size_t, std::string>> compiled;
  for (std::size_t n = 0; n < items.size(); ++n)
    if (std::string source = bytecode_source(items[n].entry.path); !source.empty())
      compiled.emplace_back(n, std::move(source));
  if (compiled.empty()) return;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t n = 0; n < items.size(); ++n) places.emplace(items[n].entry.path, n);
  const auto file_at = [&](std::string_view path) -> Item* {
    auto place = places.find(path);
    if (place != places.end() && items[place->second].entry.type == Type::hardlink)
      place = places.find(items[place->second].entry.link);
    return place == places.end() || items[place->second].entry.type != Type::file ? nullptr : &items[place->second];
  };
  std::vector<bool> done(items.size());
  for (const auto& [n, path] : compiled) {
    Item* file = file_at(items[n].entry.path);
    const Item* source = file_at(path);
    if (!file || !source || !source->listed_mtime || *source->listed_mtime == source->entry.mtime) continue;
    if (file->entry.size <= header_size || file == source) continue;
    const auto place = std::size_t(file - items.data());
    if (done[place]) continue;  // another name of it
    done[place] = true;
    match(*file, {*source->listed_mtime, source->entry.mtime, source->entry.size}, matched);
  }
}

}  // namespace fn::layer
