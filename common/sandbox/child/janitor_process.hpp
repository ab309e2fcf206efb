// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// The janitor's task. It and its strings outlive the maker's heap.
struct JanitorDuty {
  const char* const* directories;  // control groups to remove, in order; a null pointer at the end
  int lifeline;                    // at end of file when the maker is gone or closes it
  int init;                        // pidfd of the sandbox's first process
};

// The janitor's body: waits for the end of the lifeline, kills the sandbox, removes the directories when it is gone,
// and ends. `duty` is a JanitorDuty.
void janitor_process(void* duty);

}  // namespace fn::sandbox
