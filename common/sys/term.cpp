// SPDX-License-Identifier: Apache-2.0
#include "sys/term.hpp"

#include <cstdlib>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace fn::sys {

bool is_terminal(int fd) {
  return isatty(fd) == 1;
}

int terminal_width(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

bool locale_is_utf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (!value || !*value) continue;
    std::string name;
    for (; *value; ++value)
      if (*value != '-') name += char(*value >= 'A' && *value <= 'Z' ? *value - 'A' + 'a' : *value);
    return name.find("utf8") != name.npos;
  }
  return false;
}

}  // namespace fn::sys
