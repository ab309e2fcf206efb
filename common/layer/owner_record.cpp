// SPDX-License-Identifier: Apache-2.0
#include "layer/owner_record.hpp"

#include "layer/entry.hpp"

#include <algorithm>
#include <limits>

namespace fn::layer {
namespace {

constexpr std::uint64_t uid_field = 1, gid_field = 2;
constexpr std::uint32_t unchanged = std::numeric_limits<std::uint32_t>::max();

// How a field's value is encoded (Protocol Buffers, "Encoding", wire types).
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

// Takes the encoding apart from its beginning; what a call can't read is nothing.
class Message {
 public:
  explicit Message(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  bool skip(std::uint64_t length) {
    if (length > rest_.size()) return false;
    rest_.remove_prefix(length);
    return true;
  }

  // The value of a field that nobody asks for.
  bool skip_value(Wire wire) {
    switch (wire) {
      case Wire::varint:
        return number().has_value();
      case Wire::fixed64:
        return skip(8);
      case Wire::fixed32:
        return skip(4);
      case Wire::bytes:
        break;
    }
    if (wire != Wire::bytes) return false;
    const auto length = number();
    return length && skip(*length);
  }

 private:
  std::string_view rest_;
};

void append_field(std::string& out, std::uint64_t field, std::uint32_t value) {
  out += char(field << 3);
  for (; value >= 0x80; value >>= 7) out += char(value | 0x80);
  out += char(value);
}

}  // namespace

std::optional<OwnerRecord> OwnerRecord::parse(std::string_view value) {
  Message message(value);
  std::uint32_t ids[] = {0, 0};
  while (!message.at_end()) {
    const auto tag = message.number();
    if (!tag) return std::nullopt;
    const std::uint64_t field = *tag >> 3;
    const auto wire = Wire(*tag & 7);
    if (field == 0) return std::nullopt;
    if (field != uid_field && field != gid_field) {
      if (!message.skip_value(wire)) return std::nullopt;
      continue;
    }
    const auto id = wire == Wire::varint ? message.number() : std::nullopt;
    if (!id) return std::nullopt;
    ids[field - uid_field] = std::uint32_t(*id);
  }
  const auto known = [](std::uint32_t id) { return id == unchanged ? std::nullopt : std::optional(id); };
  return OwnerRecord{.uid = known(ids[0]), .gid = known(ids[1])};
}

void OwnerRecord::apply_to(Entry& entry) const {
  if (uid) entry.uid = *uid;
  if (gid) entry.gid = *gid;
}

std::string owner_record(std::uint32_t uid, std::uint32_t gid) {
  std::string record;
  if (uid != 0) append_field(record, uid_field, uid);
  if (gid != 0) append_field(record, gid_field, gid);
  return record;
}

}  // namespace fn::layer
