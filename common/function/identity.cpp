// SPDX-License-Identifier: Apache-2.0
#include "function/identity.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sandbox/plan/root_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::function {
namespace {

constexpr Bytes max_size = 4 * MiB;

using Entries = std::vector<std::vector<std::string>>;

// passwd(5), group(5).
Entries entries(const sandbox::RootFiles& root, const std::string& path) {
  Entries found;
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
              "numbers work without an entry in the image: --user 1000:1000")
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
  const auto number = id(name);
  bool known = false;
  for (const auto& fields : name.empty() ? Entries{} : entries(root, "etc/passwd")) {
    if (known || (number ? id(fields[2]) != number : fields[0] != name)) continue;
    known = true;
    identity.uid = id(fields[2]).value_or(0);
    identity.gid = id(fields[3]).value_or(0);
    if (fields.size() > 5) identity.home = fields[5];
  }
  if (!known && !number && !name.empty()) fail_unknown("user", name);
  if (number)
    identity.uid = *number;
  else
    login = name;
  if (!identity.home.starts_with('/') || !sandbox::RootView(root).has(identity.home)) identity.home.clear();
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

}  // namespace fn::function
