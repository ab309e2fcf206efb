// SPDX-License-Identifier: Apache-2.0
#include "sandbox/cgroup/cgroup_host.hpp"

#include <algorithm>

namespace fn::sandbox {
namespace {

std::vector<std::string_view> views_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(8);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool is_octal(std::string_view digits) {
  return digits.find_first_not_of("01234567") == digits.npos;
}

// proc(5): blanks, tabs, line feeds and backslashes are \040, \011, \012 and \134.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text.substr(i + 1, 3))) {
      plain += char((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
  for (const std::string_view each : words)
    if (each == word) return true;
  return false;
}

}  // namespace

std::vector<CgroupMember> parse_cgroup_members(std::string_view text) {
  std::vector<CgroupMember> members;
  for (const std::string_view line : views_of(text, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos || line.substr(second + 1, 1) != "/") continue;
    members.push_back({views_of(line.substr(first + 1, second - first - 1), ','), line.substr(second + 1)});
  }
  return members;
}

// "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate". A host may have thousands
// of mounts, so that only the lines of cgroups are taken apart.
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  constexpr std::string_view mark = " - cgroup";
  std::vector<CgroupMount> mounts;
  for (std::size_t at = mountinfo.find(mark); at != mountinfo.npos; at = mountinfo.find(mark, at + mark.size())) {
    const std::size_t begin = mountinfo.rfind('\n', at) + 1;
    const std::size_t end = std::min(mountinfo.find('\n', at), mountinfo.size());
    const auto before = views_of(mountinfo.substr(begin, at - begin), ' ');
    const auto after = views_of(mountinfo.substr(at + 3, end - at - 3), ' ');
    if (before.size() < 6 || after.size() < 3) continue;
    if (after[0] != "cgroup" && after[0] != "cgroup2") continue;
    CgroupMount mount{.version = after[0] == "cgroup2" ? 2 : 1,
                      .root = unescaped(before[3]),
                      .point = unescaped(before[4]),
                      .options = views_of(after[2], ',')};
    mount.read_only = has(views_of(before[5], ','), "ro") || has(mount.options, "ro");
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace fn::sandbox
