// SPDX-License-Identifier: Apache-2.0
#include "recipe/text_item.hpp"

#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace fn::img {
namespace {

class TextOrigin final : public layer::Origin {
 public:
  explicit TextOrigin(std::string text) : text_(std::move(text)) {}
  std::unique_ptr<Reader> open(const layer::Item&) const override { return std::make_unique<TextReader>(text_); }

 private:
  class TextReader final : public Reader {
   public:
    explicit TextReader(const std::string& text) : text_(text) {}
    void read(Bytes offset, std::span<std::byte> buffer) override {
      std::memcpy(buffer.data(), text_.data() + offset, buffer.size());
    }
    void finish() override {}

   private:
    const std::string& text_;
  };
  std::string text_;
};

}  // namespace

layer::Item text_item(const std::string& path, std::string text, std::int64_t mtime) {
  layer::Item item;
  item.entry.path = path;
  item.entry.mtime = mtime;
  item.entry.size = text.size();
  item.content = layer::content_of(std::as_bytes(std::span(text)));
  item.origin = std::make_shared<TextOrigin>(std::move(text));
  return item;
}

}  // namespace fn::img
