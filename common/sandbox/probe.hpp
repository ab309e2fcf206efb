// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// Result of trying something out in a short-lived child process.
struct ProbeResult {
  const char* step = "";  // the step that failed; a literal
  int error = 0;          // errno; 0: all went well

  explicit operator bool() const { return error == 0; }
};

// In a new user namespace or, with `admin`, in the caller's. Each takes about a millisecond. They fork, so the caller
// must have one thread.
enum class Privilege { user, admin };
ProbeResult try_mount(Privilege privilege);    // a tmpfs in a mount namespace
ProbeResult try_overlay(Privilege privilege);  // overlayfs with userxattr, writable
ProbeResult try_proc(Privilege privilege);     // a fresh procfs in a pid namespace
ProbeResult try_network(Privilege privilege);  // a network namespace
ProbeResult try_time(Privilege privilege);     // a time namespace

}  // namespace fn::sandbox
