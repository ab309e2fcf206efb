// SPDX-License-Identifier: Apache-2.0
// The grammar of RFC 8259 and nothing else: no depth, size or range of numbers is too large, and an escape may name
// half of a surrogate pair ("\ud800", 8.2), as JavaScript writes a string that was cut in the middle of a character.
// One pass and a bit for each level.
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn {
namespace {

class Grammar {
 public:
  explicit Grammar(std::string_view text) : rest_(text) {}

  bool is_document() {
    // 8.1: whoever reads may ignore it.
    take("\xef\xbb\xbf");
    for (;;) {
      skip_blanks();
      if (!begin_value()) return false;
      while (!expects_value_) {
        skip_blanks();
        if (is_object_.empty()) return rest_.empty();
        if (!go_on()) return false;
      }
    }
  }

 private:
  // A scalar or an empty container, or the way into another one, whose first value is expected then.
  bool begin_value() {
    expects_value_ = false;
    const bool object = take("{");
    if (object || take("[")) {
      skip_blanks();
      if (take(object ? "}" : "]")) return true;
      is_object_.push_back(object);
      expects_value_ = true;
      return !object || key();
    }
    return string() || take("true") || take("false") || take("null") || number();
  }

  // Behind a value: the next one, or the end of what it stands in.
  bool go_on() {
    const bool object = is_object_.back();
    if (take(",")) {
      expects_value_ = true;
      skip_blanks();
      return !object || key();
    }
    is_object_.pop_back();
    return take(object ? "}" : "]");
  }

  bool key() {
    if (!string()) return false;
    skip_blanks();
    return take(":");
  }

  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      if (take("\"")) return true;
      if (take("\\")) {
        if (!escape()) return false;
        continue;
      }
      const std::size_t length = utf8_length(rest_);
      if (length == 0 || static_cast<unsigned char>(rest_.front()) < ' ') return false;
      rest_.remove_prefix(length);
    }
    return false;
  }

  bool escape() {
    constexpr std::string_view simple = "\"\\/bfnrt";
    constexpr std::string_view digits = "0123456789abcdefABCDEF";
    constexpr std::size_t digits_of_escape = 4;
    if (take("u")) {
      const std::string_view code = rest_.substr(0, digits_of_escape);
      rest_.remove_prefix(code.size());
      return code.size() == digits_of_escape && code.find_first_not_of(digits) == code.npos;
    }
    if (rest_.empty() || simple.find(rest_.front()) == simple.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool number() {
    take("-");
    if (!take("0") && !some_digits()) return false;
    if (take(".") && !some_digits()) return false;
    if (!take("e") && !take("E")) return true;
    if (!take("+")) take("-");
    return some_digits();
  }

  bool some_digits() {
    const std::size_t length = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(length);
    return length > 0;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size())); }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string_view rest_;
  std::vector<bool> is_object_;  // of each level that is open
  bool expects_value_ = true;
};

}  // namespace

bool Json::is_valid(std::string_view text) {
  return Grammar(text).is_document();
}

}  // namespace fn
