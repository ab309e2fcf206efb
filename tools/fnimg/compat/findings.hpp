// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace fn::img {

enum class Severity : std::uint8_t { notice, fails_when_used, does_not_start };
std::string_view severity_name(Severity severity);  // "does_not_start"

// Something in an image that lacks what it needs.
struct Finding {
  std::string rule;  // "loader.library"
  Severity severity = Severity::notice;
  std::string path;   // of the file that needs it, or "config.user"
  std::string needs;  // "libssl.so.3", "GLIBC_2.38 of libc.so.6"
  std::string layer;  // that has the path
  std::string since;  // the image or the version that brought it; "": not told yet
  std::string hint;   // what would mend it
};

// One for each rule, path and need.
class Findings {
 public:
  // Of two for the same, the more severe one stays.
  void add(Finding finding);
  // The same, as severe or more so, is there.
  bool covers(const Finding& finding) const;
  bool has(std::string_view rule, std::string_view path, std::string_view needs) const;

  bool empty() const { return findings_.empty(); }
  // The most severe ones first, then by path.
  std::vector<Finding> sorted() const;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, Finding> findings_;
};

}  // namespace fn::img
