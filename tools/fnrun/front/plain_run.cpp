// SPDX-License-Identifier: Apache-2.0
// The flags of client/settings_flags.cpp that a plain run may have, with the same parsers of values. Whatever is not
// understood here at once is not judged: the other program has the rules, the messages and the help. That both
// understand the same words in the same way is tested over all of these flags (tests/unit/fnrun_plain_run.cpp).
#include "front/plain_run.hpp"

#include "base/text.hpp"
#include "base/units.hpp"

#include <array>
#include <string_view>

namespace fn::run {
namespace {

// A flag with a value. `take` stores it; false if it is not plainly right.
struct Option {
  std::string_view name;
  std::string_view letter;
  bool repeatable;
  bool (*take)(RunRequest& request, const std::string& word);
};

using Settings = function::Settings;

template <auto member>
bool keep(RunRequest& request, const std::string& word) {
  request.settings.*member = word;
  return true;
}

template <auto member>
bool append(RunRequest& request, const std::string& word) {
  (request.settings.*member).push_back(word);
  return true;
}

template <auto member, auto parse>
bool keep_parsed(RunRequest& request, const std::string& word) {
  const auto parsed = parse(word);
  if (parsed) request.settings.*member = *parsed;
  return bool(parsed);
}

bool keep_network(RunRequest& request, const std::string& word) {
  request.settings.network = word;
  return word == "none" || word == "loopback" || word == "host";
}

constexpr std::array options{
    Option{"--env", "-e", true, append<&Settings::env>},
    Option{"--workdir", "-w", false, keep<&Settings::working_dir>},
    Option{"--user", "", false, keep<&Settings::user>},
    Option{"--mount", "", true, append<&Settings::mounts>},
    Option{"--net", "", false, keep_network},
    Option{"--timeout", "", false, keep_parsed<&Settings::timeout, parse_duration>},
    Option{"--memory", "", false, keep_parsed<&Settings::memory, parse_memory>},
    Option{"--tmp-size", "", false, keep_parsed<&Settings::scratch, parse_memory>},
    Option{"--cpus", "", false, keep_parsed<&Settings::cpus, parse_decimal>},
    Option{"--pids", "", false, keep_parsed<&Settings::pids, parse_uint>},
};

// The switch that a word is, if it is one.
bool* find_switch(RunRequest& request, std::string_view word) {
  if (word == "-T" || word == "--no-tty") return &request.no_terminal;
  return word == "--writable" ? &request.settings.writable : nullptr;
}

}  // namespace

std::optional<RunRequest> plain_run(std::span<const char* const> words) {
  if (words.empty() || std::string_view(words.front()) != "run") return std::nullopt;
  RunRequest request;
  std::array<bool, options.size()> seen{};
  std::size_t at = 1;
  for (; at < words.size() && std::string_view(words[at]) != "--"; ++at) {
    const std::string word = words[at];
    if (!word.starts_with('-')) {
      if (!request.target.empty()) return std::nullopt;
      request.target = word;
      continue;
    }
    if (bool* const given = find_switch(request, word)) {
      *given = true;
      continue;
    }
    std::size_t which = 0;
    while (which < options.size() && word != options.at(which).name && word != options.at(which).letter) ++which;
    if (which == options.size() || ++at == words.size()) return std::nullopt;
    const std::string value = words[at];
    if (value.empty() || value.starts_with('-')) return std::nullopt;
    if (seen.at(which) && !options.at(which).repeatable) return std::nullopt;
    seen.at(which) = true;
    if (!options.at(which).take(request, value)) return std::nullopt;
  }
  if (request.target.empty()) return std::nullopt;
  if (at == words.size()) return request;
  if (at + 1 == words.size()) return std::nullopt;
  request.command.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
  return request;
}

}  // namespace fn::run
