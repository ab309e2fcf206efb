// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fn::layer {

struct Entry;

// The attribute in which an ordinary user's unpack records the owner that a file has in the image (rootlesscontaine.rs,
// message Resource; umoci and PRoot know it too). It is about a tree on a disk: no layer has it, and none brings it.
inline constexpr std::string_view owner_attribute = "user.rootlesscontainers";

struct OwnerRecord {
  std::optional<std::uint32_t> uid;  // nothing: as it is on the disk
  std::optional<std::uint32_t> gid;

  // The protocol buffer {uint32 uid = 1; uint32 gid = 2}; an id that is not there is 0, all ones leaves it alone, and
  // fields of later versions are skipped. Nothing if it is none.
  static std::optional<OwnerRecord> parse(std::string_view value);
  void apply_to(Entry& entry) const;
};

// The attribute's value for that owner.
std::string owner_record(std::uint32_t uid, std::uint32_t gid);

}  // namespace fn::layer
