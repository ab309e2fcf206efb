// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sandbox/root_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::run {
namespace {

constexpr Bytes max_size = 4 * MiB;

// passwd(5), group(5).
std::vector<std::vector<std::string>> entries(const sandbox::RootFiles& root, const std::string& path) {
  std::vector<std::vector<std::string>> found;
  for (const std::string& line : split(sandbox::RootView(root).read(path, max_size).value_or(""), '\n'))
    if (auto fields = split(line, ':'); fields.size() >= 4) found.push_back(std::move(fields));
  return found;
}

std::optional<std::uint32_t> id(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number >= ~std::uint32_t{0}) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

[[noreturn]] void fail_unknown(std::string_view kind, std::string_view name) {
  throw Error(Kind::not_found, fmt::format("the image has no {} '{}'", kind, printable(name)),
              "a number needs no entry in the image: --user 1000:1000")
      .as(0, "unknown_user");
}

gid_t group_of(const sandbox::RootFiles& root, std::string_view name) {
  if (const auto number = id(name)) return *number;
  for (const auto& fields : entries(root, "etc/group"))
    if (fields[0] == name)
      if (const auto gid = id(fields[2])) return *gid;
  fail_unknown("group", name);
}

}  // namespace

sandbox::Identity resolve_user(std::string_view user, const sandbox::RootFiles& root) {
  sandbox::Identity identity;
  const std::size_t colon = user.find(':');
  const std::string_view name = user.substr(0, colon);
  std::string login;  // whose groups count
  if (const auto number = id(name)) {
    identity.uid = *number;
    if (number != 0)
      for (const auto& fields : entries(root, "etc/passwd"))
        if (id(fields[2]) == number) identity.gid = id(fields[3]).value_or(0);
  } else if (!name.empty()) {
    bool known = false;
    for (const auto& fields : entries(root, "etc/passwd")) {
      if (known || fields[0] != name) continue;
      known = true;
      identity.uid = id(fields[2]).value_or(0);
      identity.gid = id(fields[3]).value_or(0);
    }
    if (!known) fail_unknown("user", name);
    login = name;
  }
  if (colon != std::string_view::npos) {
    identity.gid = group_of(root, user.substr(colon + 1));
    return identity;
  }
  if (login.empty()) return identity;
  for (const auto& fields : entries(root, "etc/group"))
    for (const std::string& member : split(fields[3], ','))
      if (member == login)
        if (const auto gid = id(fields[2])) identity.groups.push_back(*gid);
  return identity;
}

}  // namespace fn::run
