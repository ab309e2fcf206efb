// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace fn::oci {
namespace {

constexpr std::size_t max_name = 255;
constexpr std::size_t max_tag = 128;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// distribution/reference, regexp.go: letters and digits, separated by one ".", one or two "_", or any number of "-".
bool is_component(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) return false;
  while (!text.empty()) {
    const auto separator = std::find_if_not(text.begin(), text.end(), is_lower_or_digit);
    const auto next = std::find_if(separator, text.end(), is_lower_or_digit);
    const std::string_view between(separator, next);
    const bool dashes = between.find_first_not_of('-') == between.npos;
    if (!dashes && between != "." && between != "_" && between != "__") return false;
    text = std::string_view(next, text.end());
  }
  return true;
}

bool is_host_label(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_host_name(std::string_view text) {
  if (text.size() > 2 && text.starts_with('[') && text.ends_with(']'))
    return text.find_first_not_of("0123456789abcdef:", 1) == text.size() - 1;
  const auto labels = split(text, '.');
  return std::all_of(labels.begin(), labels.end(), is_host_label);
}

bool is_host(std::string_view text) {
  // The colons of an IPv6 address are inside of its brackets.
  const std::size_t port = text.find(':', text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0);
  if (port == text.npos) return is_host_name(text);
  const std::string_view digits = text.substr(port + 1);
  return is_host_name(text.substr(0, port)) && !digits.empty() && digits.size() <= 5 &&
         std::all_of(digits.begin(), digits.end(), is_digit);
}

constexpr std::string_view default_host = "docker.io/";

// What tells "localhost/app" and "example.org/app" from "team/app".
bool looks_like_host(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != text.npos;
}

bool is_tag_character(char c) {
  return is_lower_or_digit(c) || is_upper(c) || c == '_' || c == '.' || c == '-';
}

class Check {
 public:
  explicit Check(std::string_view text) : text_(text) {}

  void name(std::string_view name) const {
    if (name.empty()) refuse("it has no name");
    if (name.size() > max_name) refuse(fmt::format("its name is longer than {} characters", max_name));
    if (std::any_of(name.begin(), name.end(), is_upper)) refuse("its name must be lower case");
    const auto parts = split(name, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i == 0 && parts.size() > 1 && looks_like_host(parts[i])) {
        if (!is_host(parts[i])) refuse(fmt::format("'{}' is not HOST or HOST:PORT", printable(parts[i])));
      } else if (!is_component(parts[i])) {
        refuse(parts[i].empty() ? "a part of its name is empty"
                                : fmt::format("'{}' is not a valid name component", printable(parts[i])));
      }
    }
  }

  void tag(std::string_view tag) const {
    if (tag.empty()) refuse("its tag is empty");
    if (tag.size() > max_tag) refuse(fmt::format("its tag is longer than {} characters", max_tag));
    if (tag.front() == '.' || tag.front() == '-' || !std::all_of(tag.begin(), tag.end(), is_tag_character))
      refuse(fmt::format("'{}' is not a valid tag", printable(tag)));
  }

  Digest digest(std::string_view digest) const {
    return while_doing([this] { return subject(); }, [&] { return Digest::parse(digest); });
  }

 private:
  std::string subject() const { return fmt::format("reference '{}'", printable(text_.substr(0, 400))); }
  [[noreturn]] void refuse(const std::string& why) const {
    fail_hint(Kind::usage, "write NAME:TAG, such as 'app:v1' or 'registry.example/team/app:v1'", "{}: {}", subject(),
              why);
  }

  std::string_view text_;
};

}  // namespace

Reference Reference::parse(std::string_view text) {
  const Check check(text);
  Reference reference;
  std::string_view rest = text;
  if (const std::size_t at = text.find('@'); at != text.npos) {
    reference.digest_ = check.digest(text.substr(at + 1));
    rest = text.substr(0, at);
  }
  const std::size_t slash = rest.rfind('/');
  const std::size_t colon = rest.find(':', slash == rest.npos ? 0 : slash);
  reference.name_ = rest.substr(0, colon);
  check.name(reference.name_);
  if (colon != rest.npos) {
    reference.tag_ = rest.substr(colon + 1);
    check.tag(reference.tag_);
  } else if (reference.digest_.empty()) {
    reference.tag_ = "latest";
  }
  return reference;
}

std::string Reference::str() const {
  return tag_.empty() ? name_ + '@' + digest_.str() : name_ + ':' + tag_;
}

std::string Reference::full_name() const {
  const std::size_t slash = name_.find('/');
  if (slash == name_.npos) return fmt::format("{}library/{}", default_host, str());
  return looks_like_host(std::string_view(name_).substr(0, slash)) ? str() : fmt::format("{}{}", default_host, str());
}

std::string Reference::short_name() const {
  std::string_view name = name_;
  if (!name.starts_with(default_host)) return str();
  name.remove_prefix(default_host.size());
  constexpr std::string_view library = "library/";
  if (name.starts_with(library)) name.remove_prefix(library.size());
  return str().substr(name_.size() - name.size());
}

}  // namespace fn::oci
