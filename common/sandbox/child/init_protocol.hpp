// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// What the first process of a sandbox (init/init.cpp) and its maker say to each other. Both are of one build.
namespace fn::sandbox {

// Descriptors that init is started with, and no others.
inline constexpr int init_result_fd = 3;  // a pipe: an EndRecord when the command has ended
inline constexpr int init_go_fd = 4;      // a pipe: one byte when the command may begin

// The command's pid inside: it is the second process there.
inline constexpr int command_pid = 2;

// argv[1] of an init without a command, which waits to be killed.
inline constexpr char init_idle[] = "idle";

// How the command ended: wait status and resources as wait4(2) gives them.
struct EndRecord {
  std::int32_t status = 0;
  std::uint32_t max_rss_kib = 0;
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
};

}  // namespace fn::sandbox
