// SPDX-License-Identifier: Apache-2.0
#include "layer/unpacked.hpp"

#include "layer/diff.hpp"
#include "layer/walk.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <sys/stat.h>

namespace fn::layer {
namespace {

constexpr std::uint32_t privileged_bits = S_ISUID | S_ISGID;

bool has_attributes(Type type) {
  return type == Type::file || type == Type::directory;
}

bool could_be_set(std::string_view attribute, const Item& item) {
  return has_attributes(item.entry.type) && is_listed(attribute) &&
         (!item.unpacked_by_user || attribute.starts_with("user."));
}

bool is_device_node(Type type) {
  return type == Type::char_device || type == Type::block_device;
}

// umoci makes an empty file where a user can't have a device.
bool stands_for_device(const Item& item, const Tree& image) {
  if (!item.unpacked_by_user || item.entry.type != Type::file || item.entry.size > 0) return false;
  const Node* node = image.find(item.entry.path);
  return node && is_device_node(image.file_of(*node).entry.type);
}

void restore_unset(Item& item, const Entry& file) {
  Entry& entry = item.entry;
  for (const auto& [name, value] : file.xattrs)
    if (!could_be_set(name, item)) entry.xattrs.emplace(name, value);
  if (!item.unpacked_by_user) return;
  if (entry.type != Type::directory && entry.mode == (file.mode & ~privileged_bits)) entry.mode = file.mode;
  if (!item.owner_is_implied) return;
  entry.uid = file.uid;
  entry.gid = file.gid;
}

const Item* find(const std::vector<Item>& items, std::string_view path) {
  const auto found = std::lower_bound(items.begin(), items.end(), path,
                                      [](const Item& item, std::string_view p) { return item.entry.path < p; });
  return found != items.end() && found->entry.path == path ? &*found : nullptr;
}

// The user could have made something else in its place.
bool was_skipped(const std::vector<Item>& items, const std::string& device) {
  if (find(items, device)) return false;
  const std::string_view directory = parent_path(device);
  if (directory.empty())
    return std::any_of(items.begin(), items.end(), [](const Item& item) { return item.unpacked_by_user; });
  const Item* parent = find(items, directory);
  return parent && parent->entry.type == Type::directory && parent->unpacked_by_user;
}

std::vector<Item> skipped_devices(const std::vector<Item>& items, const Tree& image) {
  std::vector<Item> devices;
  for (const Node& node : image.nodes()) {
    const Entry& file = image.file_of(node).entry;
    if (!is_device_node(file.type) || !was_skipped(items, node.entry.path)) continue;
    Item& item = devices.emplace_back();
    item.entry = file;
    item.entry.path = node.entry.path;
    item.unpacked_by_user = true;
  }
  return devices;
}

}  // namespace

const Entry* file_in(const Tree& image, const Item& item) {
  const Node* node = image.find(item.entry.path);
  if (!node) return nullptr;
  const Entry& file = image.file_of(*node).entry;
  return file.type == item.entry.type ? &file : nullptr;
}

void restore_unset(std::vector<Item>& items, const Tree& image) {
  std::erase_if(items, [&](const Item& item) { return stands_for_device(item, image); });
  for (Item& item : items)
    if (const Entry* file = file_in(image, item)) restore_unset(item, *file);
  std::vector<Item> devices = skipped_devices(items, image);
  if (devices.empty()) return;
  items.insert(items.end(), std::make_move_iterator(devices.begin()), std::make_move_iterator(devices.end()));
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.entry.path < b.entry.path; });
}

}  // namespace fn::layer
