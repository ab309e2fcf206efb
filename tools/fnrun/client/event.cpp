// SPDX-License-Identifier: Apache-2.0
#include "client/event.hpp"

#include "base/json.hpp"
#include "sys/file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace fn::run {
namespace {

// More than any protocol takes: how much too large it is can still be said.
constexpr Bytes most_that_is_read = 64 * MiB;

std::string read_event_file(const std::string& path) {
  return sys::read_file(path, most_that_is_read);
}

}  // namespace

bool looks_like_json(std::string_view word) {
  return word.starts_with('{') || word.starts_with('[') || word.starts_with('"');
}

std::string read_event(const std::optional<std::string>& word) {
  if (!word) return "{}";
  if (*word == "-") return sys::read_fd(STDIN_FILENO, "stdin", most_that_is_read);
  if (word->starts_with('@')) return read_event_file(word->substr(1));
  return looks_like_json(*word) || Json::is_valid(*word) ? *word : read_event_file(*word);
}

void check_event(const std::string& event) {
  if (Json::is_valid(event)) return;
  throw Error(Kind::usage, "the event is not JSON", "with protocol exec, --raw accepts any bytes").as(0, "bad_event");
}

}  // namespace fn::run
