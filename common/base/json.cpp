// SPDX-License-Identifier: Apache-2.0
// nlohmann's parser gives events, and Builder makes a Json of them without recursion. It refuses what that parser
// accepts and two programs may read in different ways: a key that occurs twice, an integer that 64 bits can't hold,
// more than 64 levels. So a document that was read here means the same to whoever reads it next.
//
// Writer gives the members in the order in which they were set, and a double always with a "." or an exponent, so that
// it is a double again when it is read. The library is used in this file only.
#include "base/json.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

namespace fn {
namespace {

constexpr std::size_t max_depth = 64;

// Builds a Json from the events of nlohmann's parser, which keeps no stack of its own frames, and refuses what that
// parser lets through: depth, duplicate keys, integers that it turns into doubles.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view subject, Kind kind) : subject_(subject), kind_(kind) {}

  Json take() { return std::move(result_); }

  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail(kind_, "{} is not valid JSON: {}", subject_, fmt::format(format, std::forward<Args>(args)...));
  }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) refuse("integer {} is too large", value);
    return add(std::int64_t(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.find_first_of(".eE") == std::string::npos) refuse("integer {:.40} is too large", text);
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { refuse("binary value"); }

  bool start_object(std::size_t) override { return open(true); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override {
    check_keys(open_.back().members);
    return close(Json(std::move(open_.back().members)));
  }
  bool start_array(std::size_t) override { return open(false); }
  bool end_array() override { return close(Json(std::move(open_.back().items))); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..; last read: '..'", where what
    // was read last may be the whole document.
    std::string_view text = error.what();
    text.remove_prefix(std::min(text.find("] ") + 2, text.size()));
    if (constexpr std::string_view prefix = "parse error at "; text.starts_with(prefix))
      text.remove_prefix(prefix.size());
    text = text.substr(0, text.find("; last read: "));
    refuse("{}", printable(text.substr(0, 200)));
  }

 private:
  // A container that is not closed yet.
  struct Open {
    bool is_object;
    Json::Array items;
    Json::Object members;
    std::string key;
  };

  bool add(Json value) {
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  bool open(bool is_object) {
    if (open_.size() == max_depth) refuse("more than {} levels", max_depth);
    open_.push_back({.is_object = is_object, .items = {}, .members = {}, .key = {}});
    return true;
  }

  bool close(Json value) {
    open_.pop_back();
    return add(std::move(value));
  }

  void check_keys(const Json::Object& members) const {
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& member : members) keys.push_back(member.first);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) refuse("key '{}' occurs twice", printable(twice->substr(0, 80)));
  }

  std::string_view subject_;
  Kind kind_;
  std::vector<Open> open_;
  Json result_;
};

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  std::string take() { return std::move(out_); }

  void write(const Json& value, std::size_t depth) {
    if (depth > max_depth) fail(Kind::internal, "a JSON document has more than {} levels", max_depth);
    value.visit([&](const auto& content) { write_content(content, depth); });
  }

 private:
  void write_content(std::monostate, std::size_t) { out_ += "null"; }
  void write_content(bool value, std::size_t) { out_ += value ? "true" : "false"; }
  void write_content(std::int64_t value, std::size_t) { fmt::format_to(std::back_inserter(out_), "{}", value); }
  void write_content(double value, std::size_t) {
    if (!std::isfinite(value)) fail(Kind::internal, "{} cannot be represented in JSON", value);
    const std::string digits = fmt::format("{}", value);
    out_ += digits;
    // Otherwise it would be an integer when it is read again.
    if (digits.find_first_of(".e") == std::string::npos) out_ += ".0";
  }
  void write_content(const std::string& value, std::size_t) { quote(value); }

  void write_content(const Json::Array& items, std::size_t depth) {
    list('[', items, ']', depth, [&](const Json& item) { write(item, depth + 1); });
  }

  void write_content(const Json::Object& members, std::size_t depth) {
    list('{', members, '}', depth, [&](const auto& member) {
      quote(member.first);
      out_ += indent_ < 0 ? ":" : ": ";
      write(member.second, depth + 1);
    });
  }

  template <typename List, typename Each>
  void list(char begin, const List& values, char end, std::size_t depth, const Each& each) {
    out_ += begin;
    bool first = true;
    for (const auto& value : values) {
      if (!first) out_ += ',';
      first = false;
      new_line(depth + 1);
      each(value);
    }
    if (!first) new_line(depth);
    out_ += end;
  }

  void new_line(std::size_t depth) {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(depth * std::size_t(indent_), ' ');
  }

  void quote(std::string_view text) {
    out_ += '"';
    while (!text.empty()) {
      const std::size_t length = utf8_length(text);
      if (length == 0) {
        out_ += "\xef\xbf\xbd";  // U+FFFD
      } else {
        write_character(text.substr(0, length));
      }
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out_ += '"';
  }

  void write_character(std::string_view sequence) {
    static constexpr std::string_view special = "\"\\\b\f\n\r\t";
    static constexpr std::string_view escapes = "\"\\bfnrt";
    const auto byte = [&](std::size_t index) { return unsigned(static_cast<unsigned char>(sequence[index])); };
    if (const std::size_t which = special.find(sequence[0]); which != special.npos) {
      out_ += '\\';
      out_ += escapes[which];
    } else if (byte(0) < 0x20 || byte(0) == 0x7f) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", byte(0));
    } else if (byte(0) == 0xc2 && byte(1) < 0xa0) {  // U+0080 to U+009F would control a terminal
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", byte(1));
    } else {
      out_ += sequence;
    }
  }

  int indent_;
  std::string out_;
};

}  // namespace

Json::Json(std::uint64_t value) {
  if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    fail(Kind::internal, "integer {} is too large for JSON", value);
  value_ = std::int64_t(value);
}

Json Json::parse(std::string_view text, std::string_view subject, Kind kind, std::size_t max_bytes) {
  if (text.size() > max_bytes) fail(kind, "{} is larger than {} bytes", subject, max_bytes);
  Builder builder(subject, kind);
  // nlohmann's lexer treats a zero byte as the end and would ignore what follows.
  if (const std::size_t zero = text.find('\0'); zero != text.npos) builder.refuse("zero byte at offset {}", zero);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

const Json* Json::find(std::string_view key) const {
  const Object* members = std::get_if<Object>(&value_);
  if (!members) return nullptr;
  const auto found =
      std::find_if(members->begin(), members->end(), [&](const auto& member) { return member.first == key; });
  return found == members->end() ? nullptr : &found->second;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(std::as_const(*this).find(key));
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  Object* members = std::get_if<Object>(&value_);
  if (!members) fail(Kind::internal, "'{}' was set in a JSON value that is not an object", printable(key));
  if (Json* member = find(key)) {
    *member = std::move(value);
  } else {
    members->emplace_back(std::string(key), std::move(value));
  }
  return *this;
}

void Json::erase(std::string_view key) {
  if (Object* members = std::get_if<Object>(&value_))
    std::erase_if(*members, [&](const auto& member) { return member.first == key; });
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  Array* items = std::get_if<Array>(&value_);
  if (!items) fail(Kind::internal, "an item was added to a JSON value that is not an array");
  items->push_back(std::move(value));
  return *this;
}

const std::string& Json::as_string() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  fail(Kind::integrity, "is not a string");
}

std::int64_t Json::as_integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  fail(Kind::integrity, "is not an integer");
}

bool Json::as_bool() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  fail(Kind::integrity, "is not true or false");
}

const Json::Array& Json::as_array() const {
  if (const auto* value = std::get_if<Array>(&value_)) return *value;
  fail(Kind::integrity, "is not an array");
}

const Json::Object& Json::as_object() const {
  if (const auto* value = std::get_if<Object>(&value_)) return *value;
  fail(Kind::integrity, "is not an object");
}

std::vector<std::string> Json::as_strings() const {
  std::vector<std::string> strings;
  for (const Json& value : as_array()) strings.push_back(value.as_string());
  return strings;
}

Json Json::strings(const std::vector<std::string>& values) {
  return Json(Array(values.begin(), values.end()));
}

const Json& Json::at(std::string_view key) const {
  as_object();
  if (const Json* member = find(key)) return *member;
  fail(Kind::integrity, "'{}' is missing", printable(key));
}

std::string Json::string_or(std::string_view key, std::string_view otherwise) const {
  const Json* member = find(key);
  if (!member || member->is_null()) return std::string(otherwise);
  if (!member->is_string()) fail(Kind::integrity, "'{}' is not a string", printable(key));
  return member->as_string();
}

std::int64_t Json::integer_or(std::string_view key, std::int64_t otherwise) const {
  const Json* member = find(key);
  if (!member || member->is_null()) return otherwise;
  if (!member->is_integer()) fail(Kind::integrity, "'{}' is not an integer", printable(key));
  return member->as_integer();
}

std::string Json::dump(int indent) const {
  Writer writer(indent);
  writer.write(*this, 0);
  return writer.take();
}

}  // namespace fn
