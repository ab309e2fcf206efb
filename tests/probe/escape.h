// SPDX-License-Identifier: Apache-2.0
#ifndef FN_TESTS_PROBE_ESCAPE_H
#define FN_TESTS_PROBE_ESCAPE_H

#include <stdbool.h>

// What the caller knows of the world outside; null or 0: not said, and the check says that it was not tried.
struct outside {
  const char* mounts;    // the mount points that should be there, with commas between
  const char* abstract;  // the name of an abstract unix socket on which a process outside listens
  const char* setuid;    // a program in the sandbox with the setuid bit that prints its effective user id for "-u"
  long pid;              // of a process outside
};
extern struct outside outside;

// Prints "NAME ok|FAIL DETAIL" and counts the FAILs.
void report(const char* name, bool ok, const char* format, ...) __attribute__((format(printf, 3, 4)));

// What the sandbox is: credentials, descriptors, mounts, processes, devices, files of the kernel.
void check_state(void);

// What the sandbox lets happen: each attempt runs in a child of its own.
void check_attempts(void);

#endif
