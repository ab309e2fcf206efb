// SPDX-License-Identifier: Apache-2.0
#include "run/pool_use.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sys/process.hpp"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace fn::run {
namespace {

std::string choice_of_environment() {
  const char* value = std::getenv("FN_POOL");
  const std::string_view word = value != nullptr ? value : "";
  if (word.empty() || word == "auto") return "auto";
  if (word == "1" || word == "on") return "on";
  if (word == "0" || word == "off") return "off";
  fail_hint(Kind::usage, "use auto, on or off", "invalid value '{}' for FN_POOL", printable(word));
}

}  // namespace

void start_pool(const std::string& home, const PoolSettings& settings) {
  sys::Process::Options options;
  options.stderr_fd = STDERR_FILENO;
  sys::Process helper = sys::Process::spawn({sys::helper_path("fn-pool"), sandbox::pool_directory(home),
                                             std::to_string(settings.size), std::to_string(settings.idle.count())},
                                            options);
  if (const int code = helper.wait(); code != 0)
    fail(Kind::failure, "the helper 'fn-pool' did not start (exit code {})", code);
}

sandbox::PoolTicket ask_pool(const std::string& choice, const sandbox::Plan& plan, const std::string& home,
                             const Voice& voice) {
  const std::string wanted = choice.empty() ? choice_of_environment() : choice;
  const auto key = sandbox::pool_key(plan);
  if (wanted == "off" || !key) return {};
  const std::string directory = sandbox::pool_directory(home);
  sandbox::PoolTicket ticket(directory, *key);
  if (ticket.was_sent() || wanted != "on") return ticket;
  try {
    start_pool(home, {});
  } catch (const Error& error) {
    voice.note(error.what());
    return {};
  }
  // It has nothing of this kind yet; now it knows what will be wanted.
  return {directory, *key};
}

}  // namespace fn::run
