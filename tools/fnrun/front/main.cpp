// SPDX-License-Identifier: Apache-2.0
// The program `fnrun`. Most of a short run's time used to be the start of the tool itself: 18 verbs declared, a
// database and a hash library initialized, a hundred pages touched, none of which a run needs. So this small program
// has what a run is made of (run/, common/function, common/sandbox) and nothing else, and becomes the program of all
// verbs (main.cpp beside verbs/) for everything that is not plain: other verbs, other flags, images that were not run
// before, terminals, and whatever turns out to be wrong before the command has begun. That one goes the same way
// through the same code and says why, so messages and exit codes have one home.
#include "base/error_document.hpp"
#include "base/text.hpp"
#include "front/plain_run.hpp"
#include "state/home.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/front.hpp"
#include "sys/process.hpp"
#include "sys/term.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <string>
#include <unistd.h>

namespace {

using namespace fn;

constexpr int own_trouble = 125;  // verbs/run.cpp, default_exit

// People and their settings of how to be spoken to are left to the other program.
bool is_for_people() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (sys::is_terminal(fd)) return true;
  constexpr std::array names{"FN_PROGRESS", "FN_LOCK_TIMEOUT", "FORCE_COLOR", "CLICOLOR_FORCE"};
  return std::any_of(names.begin(), names.end(), [](const char* name) { return std::getenv(name) != nullptr; });
}

void say(std::string_view text) {
  // There is nowhere left to report to.
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

// Nothing if only the database knows it.
std::optional<function::Target> target_of(const run::RunRequest& request, const std::string& home) {
  if (is_path(request.target)) return function::directory_target(request.target);
  return function::recorded_target(request.target, home);
}

// The exit code; nothing if the command has not begun.
std::optional<int> try_run(const run::RunRequest& request) {
  run::Begun begun = run::Begun::no;
  try {
    const std::string home = sys::absolute_path(state::default_home());
    const auto target = target_of(request, home);
    if (!target) return std::nullopt;
    const sandbox::Plan plan = run::plan_run(*target, request);
    // What would have to be told of is not plain.
    const run::Voice voice{.note = [](std::string_view text) { fail(Kind::failure, "{}", text); }};
    const run::RunResult result = run_command(plan, request, home, voice, begun);
    if (const std::string note = result.note(); !note.empty()) say(fmt::format("fnrun: note: {}\n", note));
    return call::exit_code(result.end);
  } catch (const Error& error) {
    if (begun == run::Begun::no) return std::nullopt;
    say(error_text("fnrun", "error:", error));
    return error.exit() != 0 ? error.exit() : own_trouble;
  } catch (const std::exception& error) {
    if (begun == run::Begun::no) return std::nullopt;
    say(error_text("fnrun", "error:", Error(Kind::internal, error.what())));
    return own_trouble;
  }
}

}  // namespace

int main(int argc, char** argv) {
  sys::reopen_standard_streams();
  try {
    sys::refuse_foreign_rights("fnrun");
    const auto request = run::plain_run({argv + std::min(argc, 1), argv + argc});
    if (request && !is_for_people())
      // The kernel is quicker to take memory apart than destructors are, and nothing is buffered.
      if (const auto code = try_run(*request)) _exit(*code);
    sys::become_all_verbs("fnrun", argv);
  } catch (const Error& error) {
    sys::give_up("fnrun", argv, error);
  }
}
