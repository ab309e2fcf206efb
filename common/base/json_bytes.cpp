// SPDX-License-Identifier: Apache-2.0
#include "base/json_bytes.hpp"

#include "base/text.hpp"

#include <cstdint>
#include <span>

namespace fn {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (; text.size() >= 2; text.remove_prefix(2)) {
    const std::size_t high = digits.find(text[0]);
    const std::size_t low = digits.find(text[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) break;
    bytes += static_cast<char>(high << 4 | low);
  }
  if (!text.empty()) fail(Kind::integrity, "'hex' is not hexadecimal");
  return bytes;
}

}  // namespace

Json json_of_bytes(std::string_view text) {
  if (is_utf8(text)) return {text};
  return Json::object().set("hex", hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

Json json_of_bytes(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& each : texts) array.push(json_of_bytes(each));
  return array;
}

std::string bytes_of(const Json& json) {
  return json.is_object() ? from_hex(json.at("hex").as_string()) : json.as_string();
}

std::vector<std::string> list_of_bytes(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& each : json.as_array()) texts.push_back(bytes_of(each));
  return texts;
}

}  // namespace fn
