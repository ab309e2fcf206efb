// SPDX-License-Identifier: Apache-2.0
#include "doctor/try_sandbox.hpp"

#include "function/settings.hpp"
#include "sandbox/sandbox.hpp"
#include "sys/file.hpp"

#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr int patience_ms = 10000;

sandbox::Spec spec_of_ourselves() {
  std::string self(PATH_MAX, '\0');
  self.resize(std::size_t(
      sys::check(readlink("/proc/self/exe", self.data(), self.size()), "cannot locate this program's executable")));
  const std::size_t slash = self.rfind('/');
  sandbox::Spec spec;
  spec.root.directory = slash == 0 ? "/" : self.substr(0, slash);
  spec.command = {self.substr(slash), "--version"};
  spec.limits.pids = 1024;
  spec.timed = true;
  spec.filter = function::seccomp_program("default");
  return spec;
}

std::string walls_that_are_not_up(const std::vector<sandbox::WallState>& walls) {
  std::string names;
  for (const sandbox::WallState& state : walls) {
    using State = sandbox::WallState::Level;
    if (state.level == State::up || state.level == State::unwanted) continue;
    names += fmt::format("{}{} {}", names.empty() ? "" : ", ", sandbox::wall_name(state.wall),
                         sandbox::level_name(state.level));
  }
  return names;
}

Check outcome(sandbox::Sandbox& started) {
  pollfd watched{started.end_fd(), POLLIN, 0};
  if (poll(&watched, 1, patience_ms) <= 0) fail(Kind::timeout, "it did not exit within 10 s");
  const sandbox::End& end = *started.end();
  // A build that is not static ends there, with all walls up.
  const bool lacks_libraries = end.error && end.error->reason() == "no_interpreter";
  if (end.error && !lacks_libraries) throw Error(*end.error);
  if (!end.error && (end.how != sandbox::End::How::command_ended || end.record.status != 0))
    fail(Kind::failure, "the test program failed");
  const std::string down = walls_that_are_not_up(started.walls());
  Check check{.name = "sandbox", .found = fmt::format("ran in {} us", started.timing().to_command_us)};
  if (down.empty()) {
    check.found += ", all walls up";
    return check;
  }
  check.level = Check::Level::degraded;
  check.found += "; " + down;
  check.means = "functions run; use --require for walls that must be up";
  return check;
}

}  // namespace

Check try_sandbox(const sandbox::Host& host) {
  try {
    const sandbox::Plan plan = sandbox::make_plan(spec_of_ourselves(), host);
    const sys::Fd null = sys::open_file("/dev/null", O_RDWR);
    sandbox::Sandbox started = sandbox::Sandbox::start(plan, {null.get(), null.get(), null.get()});
    return outcome(started);
  } catch (const Error& error) {
    return {.name = "sandbox",
            .level = Check::Level::missing,
            .found = error.what(),
            .means = "'fnrun run' does not work; the checks above say why"};
  }
}

}  // namespace fn::run
