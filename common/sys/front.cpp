// SPDX-License-Identifier: Apache-2.0
#include "sys/front.hpp"

#include "base/error_document.hpp"
#include "sys/process.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <string>
#include <unistd.h>

namespace fn::sys {

void become_all_verbs(std::string_view tool, char** argv) {
  const std::string program = helper_path(fmt::format("{}-verbs", tool));
  execv(program.c_str(), argv);
  fail_errno(errno, fmt::format("cannot start '{}'", program));
}

void give_up(std::string_view tool, char** argv, const Error& error) noexcept {
  const int exit = static_cast<int>(error.kind());
  bool is_for_scripts = false;
  for (char** word = argv; *word != nullptr && std::string_view(*word) != "--"; ++word)
    is_for_scripts = is_for_scripts || std::string_view(*word) == "--json";
  const std::string text =
      is_for_scripts ? error_document(error, exit).dump() + '\n' : error_text(tool, "error:", error);
  // There is nowhere left to report to.
  (void)!write(STDERR_FILENO, text.data(), text.size());
  _exit(exit);
}

}  // namespace fn::sys
