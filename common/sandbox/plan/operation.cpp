// SPDX-License-Identifier: Apache-2.0
#include "sandbox/plan/operation.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace fn::sandbox {

std::string describe(const Operation& operation) {
  const std::string source = printable(operation.source);
  const std::string target = printable(operation.target);
  std::string details;
  switch (operation.step) {
    case Step::overlay_root:
      details = fmt::format("{} in {}", source, target);
      break;
    case Step::make_directory:
      details = fmt::format("{} {:04o}", target, operation.number);
      break;
    case Step::make_file:
      details = target;
      break;
    case Step::make_link:
      details = fmt::format("{} -> {}", target, source);
      break;
    case Step::scratch:
    case Step::device:
      details = fmt::format("{} on {}", source, target);
      break;
    case Step::bind_scratch:
    case Step::bind_host:
      details = fmt::format("{} on {}{}", source, target, operation.number == 1 ? " (read-only)" : "");
      break;
    case Step::listen:
      details = fmt::format("127.0.0.1:{}", operation.number);
      break;
    case Step::rlimit:
      details = fmt::format("{} = {}", target, source);
      break;
    default:
      details = source.empty() ? target : source;
      break;
  }
  std::string line(step_name(operation.step));
  if (!details.empty()) line += " " + details;
  return line;
}

}  // namespace fn::sandbox
