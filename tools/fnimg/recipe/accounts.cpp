// SPDX-License-Identifier: Apache-2.0
#include "recipe/accounts.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/path_lookup.hpp"
#include "recipe/text_item.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace fn::img {
namespace {

constexpr unsigned first_user = 1000;

// A line of that name is in a file like passwd(5).
bool has_line(std::string_view file, std::string_view name) {
  const std::vector<std::string> lines = split(file, '\n');
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':';
  });
}

bool is_name(std::string_view text) {
  return !text.empty() && !parse_uint(text) && text.find_first_of(":/\n") == std::string_view::npos;
}

std::string os_release(const ImageFiles& image) {
  std::string id = "linux";
  std::string name = "Linux";
  for (const package::Package& package : image.packages()) {
    if (package.ecosystem == package::Ecosystem::dpkg) {
      id = "debian";
      name = "Debian GNU/Linux";
    } else if (package.ecosystem == package::Ecosystem::apk) {
      id = "alpine";
      name = "Alpine Linux";
    }
  }
  return fmt::format("PRETTY_NAME=\"{0}\"\nNAME=\"{0}\"\nID={1}\n", name, id);
}

}  // namespace

std::vector<layer::Item> missing_accounts(const ImageFiles& image, const std::string& user, UnixTime time,
                                          const std::function<std::string(const layer::Node&)>& read) {
  const auto find = [&](std::string_view path) { return find_path_if_there(image.tree, path, Follow::all); };
  const auto read_or = [&](std::string_view path, std::string_view otherwise) {
    const std::optional<Place> place = find(path);
    if (!place || place->is_directory() || place->node->entry.type != layer::Type::file) return std::string(otherwise);
    return read(*place->node);
  };
  std::vector<layer::Item> items;
  const std::string account = user.substr(0, user.find(':'));
  if (!find("etc/group")) {
    std::string text = read_or("usr/share/base-passwd/group.master", "root:x:0:\nnogroup:x:65534:\n");
    const std::size_t colon = user.find(':');
    const std::string group = colon == std::string::npos ? account : user.substr(colon + 1);
    if (is_name(group) && !has_line(text, group)) text += fmt::format("{}:x:{}:\n", group, first_user);
    items.push_back(text_item("etc/group", std::move(text), time));
  }
  if (!find("etc/os-release")) {
    if (find("usr/lib/os-release")) {
      layer::Item& link = items.emplace_back();
      link.entry = {.path = "etc/os-release",
                    .type = layer::Type::symlink,
                    .mode = 0777,
                    .mtime = time,
                    .link = "../usr/lib/os-release"};
    } else {
      items.push_back(text_item("etc/os-release", os_release(image), time));
    }
  }
  if (!find("etc/passwd")) {
    std::string text = read_or("usr/share/base-passwd/passwd.master",
                               "root:x:0:0:root:/root:/sbin/nologin\n"
                               "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n");
    if (is_name(account) && !has_line(text, account))
      text += fmt::format("{0}:x:{1}:{1}::/:/sbin/nologin\n", account, first_user);
    items.push_back(text_item("etc/passwd", std::move(text), time));
  }
  if (!items.empty() && !find("etc")) {
    layer::Item etc;
    etc.entry = {.path = "etc", .type = layer::Type::directory, .mode = 0755, .mtime = time};
    items.insert(items.begin(), std::move(etc));
  }
  return items;
}

}  // namespace fn::img
