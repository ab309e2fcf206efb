// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fn {

// A JSON value (RFC 8259). Objects keep the order in which members were set, so that a document that is read
// and written again stays recognisable. Numbers are 64-bit integers or doubles; nothing is rounded silently.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value);  // throws internal above 2^63 - 1
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }
  // An array of strings.
  static Json strings(const std::vector<std::string>& values);

  // Parses one document. Refused: more than `max_bytes`, more than 64 levels, a duplicate key, an integer outside
  // int64, bytes that are not UTF-8, anything after the value. `subject` names the document in errors: "manifest
  // 'sha256:..'".
  static Json parse(std::string_view text, std::string_view subject, Kind kind = Kind::integrity,
                    std::size_t max_bytes = std::size_t{16} << 20);

  // `text` is one document by the grammar of RFC 8259, whatever limits parse() has: any depth, any number, and escapes
  // of half a character ("\ud800").
  static bool is_valid(std::string_view text);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // The member, or nullptr if there is none or this is not an object.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);

  // Sets or replaces a member (null becomes an object first) and returns this, for chains.
  Json& set(std::string_view key, Json value);
  void erase(std::string_view key);
  // Appends to an array (null becomes one first).
  Json& push(Json value);

  // The value as a type. Throws integrity "is not a string" and so on; callers add the subject with while_doing().
  const std::string& as_string() const;
  std::int64_t as_integer() const;
  bool as_bool() const;
  const Array& as_array() const;
  const Object& as_object() const;
  // Of an array of strings only.
  std::vector<std::string> as_strings() const;

  // A required member / one that may be absent or null. Errors name the key.
  const Json& at(std::string_view key) const;
  std::string string_or(std::string_view key, std::string_view otherwise) const;
  std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const;

  // Calls `visitor` with the value in its own type: monostate (null), bool, int64, double, string, Array or Object.
  template <typename Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    return std::visit(std::forward<Visitor>(visitor), value_);
  }

  // One line, or indented by `indent` blanks a level. Strings that are not UTF-8 are written with U+FFFD for each bad
  // byte.
  std::string dump(int indent = -1) const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}  // namespace fn
