// SPDX-License-Identifier: Apache-2.0
#include "layer/overlay_mark.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <optional>
#include <string>

namespace fn::layer {
namespace {

constexpr std::string_view prefixes[] = {"trusted.overlay.", "user.overlay."};

// The attribute's value, whichever prefix it has.
std::optional<std::string> find_attribute(const Entry& entry, std::string_view name) {
  for (const std::string_view prefix : prefixes)
    if (const auto found = entry.xattrs.find(std::string(prefix).append(name)); found != entry.xattrs.end())
      return found->second;
  return std::nullopt;
}

}  // namespace

bool is_overlay_attribute(std::string_view name) {
  return name.starts_with(prefixes[0]) || name.starts_with(prefixes[1]);
}

OverlayMark take_overlay_mark(Entry& entry) {
  const bool is_device = entry.type == Type::char_device && entry.device_major == 0 && entry.device_minor == 0;
  for (const std::string_view name : {"metacopy", "redirect"})
    if (find_attribute(entry, name))
      fail_hint(Kind::unsupported, "mount the overlay and give delta:DIR with the directory where it is mounted",
                "'{}': overlayfs has only a part of it here ({})", printable(entry.path), name);
  const bool is_marked = find_attribute(entry, "whiteout").has_value();
  const bool is_opaque = entry.type == Type::directory && find_attribute(entry, "opaque") == "y";
  const bool has_attributes = entry.xattrs.remove_if(is_overlay_attribute) > 0;
  if (is_device || (is_marked && entry.type == Type::file && entry.size == 0)) return OverlayMark::whiteout;
  if (is_opaque) return OverlayMark::opaque;
  return has_attributes ? OverlayMark::other : OverlayMark::none;
}

}  // namespace fn::layer
