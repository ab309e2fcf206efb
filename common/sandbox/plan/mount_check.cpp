// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/mount_check.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace fn::sandbox {
namespace {

// These are directories of ours, whatever the image has there.
std::optional<bool> is_directory(const std::string& place, const RootView& view) {
  if (place == "/dev" || place == "/proc" || place == "/tmp") return true;
  return view.is_directory(place);
}

void check_kind(const BindMount& mount, const RootView& view) {
  struct stat status {};
  if (stat(mount.source.c_str(), &status) != 0)
    fail(Kind::not_found, "cannot mount '{}': no such file or directory", printable(mount.source));
  const auto on_directory = is_directory(mount.target, view);
  if (!on_directory || *on_directory == S_ISDIR(status.st_mode)) return;
  if (*on_directory)
    fail_hint(Kind::usage, "name the file that it is to be, in that directory or another one",
              "cannot mount the file '{}' on the directory '{}'", printable(mount.source), printable(mount.target));
  fail_hint(Kind::usage, "name a directory, or a path that the image does not have",
            "cannot mount the directory '{}' on the file '{}'", printable(mount.source), printable(mount.target));
}

}  // namespace

void check_mounts(const Spec& spec, const RootView& view) {
  for (auto mount = spec.mounts.begin(); mount != spec.mounts.end(); ++mount) {
    if (!mount->target.starts_with('/') || mount->target == "/")
      fail_hint(Kind::usage, "--mount SRC:DST takes an absolute DST below '/'", "cannot mount on '{}'",
                printable(mount->target));
    // What an earlier one brings is not the image's.
    const bool is_inside = std::any_of(spec.mounts.begin(), mount, [&](const BindMount& before) {
      return mount->target == before.target || mount->target.starts_with(before.target + "/");
    });
    if (!is_inside) check_kind(*mount, view);
  }
}

}  // namespace fn::sandbox
