// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.hpp"
#include "sys/term.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

using namespace fn;

namespace {

// The three variables of a locale; empty is unset.
bool is_utf8_with(const char* all, const char* type, const char* lang) {
  setenv("LC_ALL", all, 1);
  setenv("LC_CTYPE", type, 1);
  setenv("LANG", lang, 1);
  const bool result = sys::locale_is_utf8();
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) unsetenv(name);
  return result;
}

}  // namespace

TEST_CASE("a pipe is no terminal and has 80 columns") {
  const sys::Pipe pipe = sys::make_pipe();
  CHECK_FALSE(sys::is_terminal(pipe.write.get()));
  CHECK(sys::terminal_width(pipe.write.get()) == 80);
}

TEST_CASE("a terminal says how wide it is, or has 80 columns") {
  const sys::Fd terminal(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(terminal);
  CHECK(sys::is_terminal(terminal.get()));
  CHECK(sys::terminal_width(terminal.get()) == 80);
  winsize size{};
  size.ws_col = 132;
  REQUIRE(ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
  CHECK(sys::terminal_width(terminal.get()) == 132);
}

TEST_CASE("the first locale variable that is set decides about UTF-8") {
  CHECK(is_utf8_with("", "", "en_US.UTF-8"));
  CHECK(is_utf8_with("", "C.utf8", "C"));
  CHECK(is_utf8_with("de_DE.UTF-8", "C", "C"));
  CHECK_FALSE(is_utf8_with("C", "en_US.UTF-8", "en_US.UTF-8"));
  CHECK_FALSE(is_utf8_with("", "", "de_DE.ISO-8859-1"));
  CHECK_FALSE(is_utf8_with("", "", ""));
}
