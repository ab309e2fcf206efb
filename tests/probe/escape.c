// SPDX-License-Identifier: Apache-2.0
// The escape checklist: runs as a sandbox's payload, tries every wall from within and prints one line for each:
//
//     NAME ok|FAIL DETAIL
//
// "ok" means that the wall holds. The exit code is the number of FAILs, 100 at most; 101 is bad usage. It knows nothing
// of the runtime around it, so that several can be compared. Not for use outside a sandbox: what is not refused is
// done.
#include "escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outside outside;
static int failures;

void report(const char* name, bool ok, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("%s %s ", name, ok ? "ok" : "FAIL");
  vprintf(format, arguments);
  putchar('\n');
  fflush(stdout);  // nothing may be left in the buffer for a child to print again
  va_end(arguments);
  if (!ok) ++failures;
}

static const char* value_of(const char* argument, const char* name) {
  const size_t length = strlen(name);
  return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const char* value = NULL;
    if ((value = value_of(argv[i], "--mounts="))) {
      outside.mounts = value;
    } else if ((value = value_of(argv[i], "--abstract="))) {
      outside.abstract = value;
    } else if ((value = value_of(argv[i], "--setuid="))) {
      outside.setuid = value;
    } else if ((value = value_of(argv[i], "--pid="))) {
      outside.pid = strtol(value, NULL, 10);
    } else {
      fprintf(stderr, "usage: escape-probe [--mounts=/,/proc,..] [--abstract=NAME] [--setuid=PROGRAM] [--pid=PID]\n");
      return 101;
    }
  }
  check_state();
  check_attempts();
  return failures > 100 ? 100 : failures;
}
