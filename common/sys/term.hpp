// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sys {

bool is_terminal(int fd);
// Columns of the terminal, 80 if unknown.
int terminal_width(int fd);
// The locale can show UTF-8 (LC_ALL, LC_CTYPE, LANG).
bool locale_is_utf8();

}  // namespace fn::sys
