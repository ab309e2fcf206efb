// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "sandbox/plan/spec.hpp"
#include "sys/fd.hpp"
#include "sys/root.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fn::sandbox {

// The files of a root before it is mounted: for each path, the version in the uppermost layer that has it. Links are
// followed inside their own layer.
class RootView {
 public:
  // Opens the layers. Throws not_found, failure.
  explicit RootView(const RootFiles& files);

  // Some layer has the path, and no upper one hides it.
  bool has(const std::string& path) const;
  // What is there is a directory; nothing if nothing is.
  std::optional<bool> is_directory(const std::string& path) const;
  // The content of a file; nothing if there is no such file. Throws usage if it is larger.
  std::optional<std::string> read(const std::string& path, Bytes max_bytes) const;

  // The names of the files in a directory, links too, but no directories; none if there is no such directory.
  std::set<std::string> files_in(const std::string& directory) const;

  // Throws usage with the reason "bad_image" if /dev, /proc or /tmp is there and no directory. The sandbox mounts its
  // own on directories that hide what an image has, but one that has a link there is after something (CVE-2026-41579,
  // CVE-2026-88264).
  void check_places() const;
  // The first of `path` and the directories above it that is something else in some layer: a directory created there
  // would replace a link.
  std::optional<std::string> obstacle(const std::string& path) const;
  // Throws usage if there is one. `what` is for the message.
  void refuse_links_above(const std::string& path, std::string_view what) const;

 private:
  sys::Fd open(const std::string& path, int flags) const;
  std::vector<sys::Root> layers_;  // uppermost first
};

// The host has something mounted in the directory, as /proc/self/mountinfo (proc(5)) says. Never in layers, which are
// ours.
bool has_mounts_below(const RootFiles& files, std::string_view mountinfo);

}  // namespace fn::sandbox
