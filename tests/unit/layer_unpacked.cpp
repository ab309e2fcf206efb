// SPDX-License-Identifier: Apache-2.0
#include "layer/unpacked.hpp"

#include <doctest/doctest.h>

using namespace fn::layer;

namespace {

Item listed(Entry entry, bool by_user) {
  Item item;
  item.entry = std::move(entry);
  item.unpacked_by_user = by_user;
  item.owner_is_implied = by_user;
  return item;
}

// struct vfs_cap_data, linux/capability.h: revision 2, all of it.
const std::string capability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

Tree image() {
  Tree tree;
  tree.begin_layer({});
  tree.add({.path = "dev", .type = Type::directory, .mode = 0755});
  tree.add({.path = "dev/null", .type = Type::char_device, .mode = 0666, .device_major = 1, .device_minor = 3});
  tree.add({.path = "link", .type = Type::symlink, .mode = 0777, .uid = 5, .gid = 6, .link = "su"});
  tree.add({.path = "su",
            .mode = 04711,
            .uid = 7,
            .xattrs = {{"security.capability", capability}, {"trusted.x", "t"}, {"user.note", "n"}}});
  return tree;
}

}  // namespace

TEST_CASE("what an ordinary user's unpack could not set is the image's") {
  std::vector<Item> items;
  items.push_back(listed({.path = "dev", .type = Type::directory, .mode = 0755}, true));
  items.push_back(listed({.path = "link", .type = Type::symlink, .mode = 0777, .link = "other"}, true));
  items.push_back(listed({.path = "su", .mode = 0711}, true));
  restore_unset(items, image());
  REQUIRE(items.size() == 4);
  CHECK(items[1].entry.path == "dev/null");
  CHECK(items[1].entry.device_minor == 3);
  CHECK(items[2].entry.uid == 5);
  CHECK(items[2].entry.link == "other");
  CHECK(items[3].entry.mode == 04711);
  CHECK(items[3].entry.uid == 7);
  CHECK(items[3].entry.xattrs.contains("security.capability"));
  CHECK(items[3].entry.xattrs.contains("trusted.x"));
  CHECK_FALSE(items[3].entry.xattrs.contains("user.note"));  // which the user took away
}

TEST_CASE("an empty file where a device was is umoci's word for it, of a user's tree only") {
  for (const bool by_user : {true, false}) {
    std::vector<Item> items;
    items.push_back(listed({.path = "dev", .type = Type::directory, .mode = 0755}, by_user));
    items.push_back(listed({.path = "dev/null"}, by_user));
    restore_unset(items, image());
    REQUIRE(items.size() == 2);
    CHECK((items[1].entry.type == Type::char_device) == by_user);
  }
}

TEST_CASE("what the user did stays: another mode or type, a recorded owner, a directory that is gone") {
  std::vector<Item> items;
  items.push_back(listed({.path = "link", .mode = 0644}, true));
  items.push_back(listed({.path = "su", .mode = 0755, .uid = 9}, true));
  items.back().owner_is_implied = false;
  restore_unset(items, image());
  REQUIRE(items.size() == 2);
  CHECK(items[0].entry.uid == 0);
  CHECK(items[1].entry.mode == 0755);
  CHECK(items[1].entry.uid == 9);
}

TEST_CASE("of root's unpack only attributes that are not listed are the image's") {
  std::vector<Item> items;
  items.push_back(listed({.path = "dev", .type = Type::directory, .mode = 0755}, false));
  items.push_back(listed({.path = "su", .mode = 0711}, false));
  restore_unset(items, image());
  REQUIRE(items.size() == 2);
  CHECK(items[1].entry.mode == 0711);
  CHECK(items[1].entry.uid == 0);
  CHECK(items[1].entry.xattrs.size() == 1);
  CHECK(items[1].entry.xattrs.contains("trusted.x"));
}
