// SPDX-License-Identifier: Apache-2.0
#include "serve/journal.hpp"

#include "base/error.hpp"
#include "sys/file.hpp"

#include <unistd.h>

namespace fn::serve {

void Journal::write(int fd, std::string_view text) {
  const std::lock_guard lock(mutex_);
  try {
    sys::write_full(fd, text, fd == STDOUT_FILENO ? "stdout" : "stderr");
  } catch (const Error&) {
    // Calls go on without their lines; a lost answer is told at the end.
    lost_ = lost_ || fd == STDOUT_FILENO;
  }
}

void Journal::line(std::string_view text) {
  if (!json_ && !quiet_) write(STDERR_FILENO, text);
}

void Journal::log(const std::string& request_id, std::string_view bytes) {
  if (!json_) return write(STDERR_FILENO, bytes);
  object(Json::object().set("type", "log").set("request_id", request_id).set("text", bytes));
}

void Journal::object(const Json& object) {
  if (json_) write(STDOUT_FILENO, object.dump() + '\n');
}

void Journal::check() const {
  const std::lock_guard lock(mutex_);
  if (lost_) fail(Kind::failure, "cannot write to stdout");
}

void LogTail::add(std::string_view bytes) {
  if (bytes.size() > limit) bytes.remove_prefix(bytes.size() - limit);
  bytes_ += bytes;
  if (bytes_.size() > limit) bytes_.erase(0, bytes_.size() - limit);
}

}  // namespace fn::serve
