// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// The protocol between the first process of a sandbox (init/init.cpp) and its maker. Both are from the same build.
namespace fn::sandbox {

// The only descriptors that init is started with.
inline constexpr int init_result_fd = 3;  // a pipe: an EndRecord when the command has ended
inline constexpr int init_go_fd = 4;      // a pipe: one byte when the command may begin

// The command's pid inside: it is the second process there.
inline constexpr int command_pid = 2;

// argv[1] of an init without a command, which waits to be killed.
inline constexpr char init_idle[] = "idle";
// Otherwise argv[1] is the time in milliseconds after which init ends, and all with it. Its maker, which ends them at
// their limit, may have been stopped (SIGSTOP), so this is a little later.
inline constexpr int init_patience_ms = 500;

// How the command ended: wait status and resources as wait4(2) gives them.
struct EndRecord {
  std::int32_t status = 0;
  std::uint32_t max_rss_kib = 0;
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
};

}  // namespace fn::sandbox
