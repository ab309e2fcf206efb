// SPDX-License-Identifier: Apache-2.0
#include "package/version.hpp"

#include "package/version_parts.hpp"

namespace fn::package {
namespace {

// deb-version(7): "~" comes before the end of a part, letters before all else. A digit ends the part.
int weight(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  const int byte = static_cast<unsigned char>(text.front());
  if (byte == '~') return -1;
  return is_letter(text.front()) ? byte : byte + 256;
}

int compare_dpkg_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while (weight(a) != 0 || weight(b) != 0) {
      if (const int result = compare(weight(a), weight(b))) return result;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    const std::string_view left = take_while(a, is_digit);
    if (const int result = compare_numbers(left, take_while(b, is_digit))) return result;
  }
  return 0;
}

// rpm-version(7): runs of letters and of digits; all between them only separates. In the order in which they come: so
// "1.0~rc1", "1.0", "1.0^git1", "1.0a", "1.0.1".
enum class RpmKind { tilde, end, caret, letters, digits };
struct RpmToken {
  RpmKind kind;
  std::string_view text;
  bool is_end() const { return kind == RpmKind::end; }
};

RpmToken next_rpm(std::string_view& text) {
  take_while(text, [](char c) { return !is_digit(c) && !is_letter(c) && c != '~' && c != '^'; });
  if (text.empty()) return {RpmKind::end, {}};
  if (is_digit(text.front())) return {RpmKind::digits, take_while(text, is_digit)};
  if (is_letter(text.front())) return {RpmKind::letters, take_while(text, is_letter)};
  const RpmKind kind = text.front() == '~' ? RpmKind::tilde : RpmKind::caret;
  text.remove_prefix(1);
  return {kind, {}};
}

int order_rpm(const RpmToken& a, const RpmToken& b) {
  if (a.kind != b.kind) return compare(a.kind, b.kind);
  return a.kind == RpmKind::digits ? compare_numbers(a.text, b.text) : compare(a.text, b.text);
}

int compare_rpm_part(std::string_view a, std::string_view b) {
  return compare_tokens(a, b, next_rpm, order_rpm);
}

}  // namespace

int compare_dpkg(std::string_view a, std::string_view b) noexcept {
  return compare_with_epoch(a, b, compare_dpkg_part);
}

int compare_rpm(std::string_view a, std::string_view b) noexcept {
  return compare_with_epoch(a, b, compare_rpm_part);
}

int compare_versions(Ecosystem ecosystem, std::string_view a, std::string_view b) noexcept {
  switch (ecosystem) {
    case Ecosystem::dpkg:
      return compare_dpkg(a, b);
    case Ecosystem::apk:
      return compare_apk(a, b);
    case Ecosystem::rpm:
      return compare_rpm(a, b);
    case Ecosystem::pip:
      return compare_pep440(a, b);
    case Ecosystem::npm:
      return compare_semver(a, b);
  }
  return compare(a, b);
}

}  // namespace fn::package
