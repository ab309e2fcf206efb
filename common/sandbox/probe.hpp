// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// What came of really doing a thing, in a child that is gone afterwards.
struct Trial {
  const char* step = "";  // that failed; a literal
  int error = 0;          // errno; 0: all went well

  explicit operator bool() const { return error == 0; }
};

// In a new user namespace or, with `admin`, in the caller's. Each takes about a millisecond. They fork, so the caller
// must have one thread.
enum class As { user, admin };
Trial try_mount(As as);    // a tmpfs in a mount namespace
Trial try_overlay(As as);  // overlayfs with userxattr, writable
Trial try_proc(As as);     // a fresh procfs in a pid namespace
Trial try_network(As as);  // a network namespace
Trial try_time(As as);     // a time namespace

}  // namespace fn::sandbox
