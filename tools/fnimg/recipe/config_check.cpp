// SPDX-License-Identifier: Apache-2.0
#include "recipe/config_check.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace fn::img {
namespace {

// "8080", "53/udp".
void check_port(const std::string& text) {
  constexpr std::array<std::string_view, 3> protocols{"tcp", "udp", "sctp"};
  const std::size_t slash = text.find('/');
  const auto number = parse_uint(std::string_view(text).substr(0, slash));
  const std::string_view protocol =
      slash == std::string::npos ? protocols.front() : std::string_view(text).substr(slash + 1);
  if (!number || *number == 0 || *number > 65535 ||
      std::find(protocols.begin(), protocols.end(), protocol) == protocols.end())
    fail_hint(Kind::usage, "give a number from 1 to 65535, and /tcp, /udp or /sctp", "'{}' is not a port",
              printable(text));
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (int signal = 1; signal < SIGRTMIN; ++signal)
    if (const char* name = sigabbrev_np(signal)) names.push_back(std::string("SIG") + name);
  names.insert(names.end(), {"SIGRTMIN", "SIGRTMAX"});
  return names;
}

// "SIGTERM", "TERM", "15", "SIGRTMIN+3": what runtimes take.
void check_signal(const std::string& text) {
  const std::string name = text.starts_with("SIG") ? text : "SIG" + text;
  const std::vector<std::string> names = signal_names();
  const std::size_t sign = name.find_first_of("+-");
  const auto offset = sign == std::string::npos ? 0 : parse_uint(std::string_view(name).substr(sign + 1));
  const bool is_real_time = sign != std::string::npos && offset && *offset <= 30 &&
                            name.substr(0, sign) == (name[sign] == '+' ? "SIGRTMIN" : "SIGRTMAX");
  if (const auto number = parse_uint(text); number ? *number >= 1 && *number <= 64 : is_real_time) return;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  fail_hint(Kind::usage, did_you_mean(name, names, "give a name such as SIGTERM or SIGRTMIN+3"),
            "stop signal '{}' is not a signal", printable(text));
}

// USER[:GROUP], names or numbers.
void check_user(const std::string& text) {
  if (text.empty()) return;  // root
  const std::vector<std::string> parts = split(text, ':');
  const bool is_right = parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
                          const bool digits = part.find_first_not_of("0123456789") == std::string::npos;
                          const auto number = parse_uint(part);
                          return !part.empty() && part.find_first_of(" \t\n/") == std::string::npos &&
                                 (!digits || (number && *number <= INT32_MAX));
                        });
  if (!is_right)
    fail_hint(Kind::usage, "give USER[:GROUP], as names or as numbers up to 2147483647", "'{}' is not a user",
              printable(text));
}

void check_directory(std::string_view what, const std::string& text) {
  if (!text.starts_with('/'))
    fail_hint(Kind::usage, fmt::format("did you mean '/{}'?", printable(text)), "{} '{}' is not an absolute path", what,
              printable(text));
}

// A variable or a label: what the names of both may not be, and what no program could be given.
void check_pair(std::string_view what, const std::string& name, const std::string& value) {
  if (name.empty()) fail(Kind::usage, "{} has no name (its value is '{}')", what, printable(value));
  if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos)
    fail(Kind::usage, "{} '{}' has a NUL byte", what, printable(name));
}

void check_words(std::string_view what, const std::optional<std::vector<std::string>>& words) {
  if (!words) return;
  for (const std::string& word : *words)
    if (word.find('\0') != std::string::npos) fail(Kind::usage, "{}: '{}' has a NUL byte", what, printable(word));
}

}  // namespace

void check_config(const ConfigRecipe& config, const oci::Platform& platform) {
  check_words("the entrypoint", config.entrypoint);
  if (config.entrypoint && !config.entrypoint->empty() && config.entrypoint->front().empty())
    fail_hint(Kind::usage, "give the path of a program", "the entrypoint begins with an empty word");
  check_words("cmd", config.cmd);
  for (const auto& [name, value] : config.env) {
    check_pair("an environment variable", name, value);
    if (name.find('=') != std::string::npos)
      fail(Kind::usage, "the name of the environment variable '{}' has a '='", printable(name));
  }
  for (const auto& [name, value] : config.labels) check_pair("a label", name, value);
  for (const std::string& port : config.ports) check_port(port);
  if (config.stop_signal) check_signal(*config.stop_signal);
  if (config.user) check_user(*config.user);
  if (platform.os == "windows") return;
  if (config.workdir && !config.workdir->empty()) check_directory("working directory", *config.workdir);
  for (const std::string& volume : config.volumes) check_directory("volume", volume);
}

}  // namespace fn::img
