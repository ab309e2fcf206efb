// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sandbox/spec.hpp"
#include "sys/fd.hpp"
#include "sys/root.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// The files of a root before it is mounted: what the uppermost layer that has a path says of it. Links are followed
// inside the layer that has them.
class RootView {
 public:
  // Opens the layers. Throws not_found, failure.
  explicit RootView(const RootFiles& files);

  // Some layer has the path, and no upper one hides it.
  bool has(const std::string& path) const;
  // The content of a file; nothing if there is no such file. Throws usage if it is larger.
  std::optional<std::string> read(const std::string& path, Bytes max_bytes) const;

  // Throws usage with the reason "bad_image" if /dev, /proc or /tmp is there and no directory. The sandbox mounts its
  // own on directories that hide what an image has, but one that has a link there is after something (CVE-2026-41579,
  // CVE-2026-88264).
  void check_places() const;
  // Throws usage if a directory above `path`, or itself, is something else in some layer: one that is made there would
  // take the place of a link. `what` is for the message.
  void refuse_links_above(const std::string& path, std::string_view what) const;

 private:
  sys::Fd open(const std::string& path, int flags) const;
  std::vector<sys::Root> layers_;  // uppermost first
};

// The host has something mounted in the directory. Not asked of layers, which are ours.
bool has_mounts_below(const RootFiles& files);

}  // namespace fn::sandbox
