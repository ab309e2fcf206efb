// SPDX-License-Identifier: Apache-2.0
#include "sandbox/maker.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <cstring>

namespace fn::sandbox {
namespace {

// What env(1), nohup(1) and shells exit with if there is no such program, or one that can't be executed.
constexpr int no_program = 127;
constexpr int not_runnable = 126;

}  // namespace

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::uint64_t ignored_signals() {
  std::uint64_t ignored = 0;
  for (int number = 1; number <= 64; ++number) {
    sys::KernelSignalAction action;
    sys::raw_syscall(SYS_rt_sigaction, number, nullptr, &action, sizeof action.mask);
    if (action.handler == SIG_IGN) ignored |= std::uint64_t{1} << (number - 1);
  }
  return ignored;
}

std::vector<char*> string_pointers(const std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (const std::string& string : strings) list.push_back(const_cast<char*>(string.c_str()));
  list.push_back(nullptr);
  return list;
}

Error no_namespaces(int error) {
  if (error == EPERM || error == ENOSPC || error == EUSERS)
    return {Kind::unsupported, fmt::format("cannot create namespaces on this host: {}", std::strerror(error)),
            "'fnrun doctor' shows which setting forbids it"};
  return {Kind::failure, fmt::format("cannot start a process: {}", std::strerror(error)), ""};
}

Error explain(const Failure& failure, const Plan& plan) {
  const std::string program = plan.spec.command.empty() ? "" : printable(plan.spec.command.front());
  switch (failure.program) {
    case Failure::Program::missing:
      if (failure.operation != nullptr && failure.operation->step == Step::execute)
        return Error(Kind::not_found, fmt::format("program '{}' not found in the sandbox", program),
                     "'fnimg files REF' lists what an image has")
            .as(no_program, "no_program");
      break;
    case Failure::Program::no_interpreter:
      return Error(Kind::unsupported,
                   fmt::format("program '{}' exists, but the interpreter that it names does not", program),
                   "its first line (#!) or its ELF header names a file that is not in the image")
          .as(not_runnable, "no_interpreter");
    case Failure::Program::not_executable:
      return Error(Kind::unsupported, fmt::format("program '{}' is not executable", program),
                   "run chmod +x on it before building the image")
          .as(not_runnable, "not_executable");
    case Failure::Program::wrong_format:
      return Error(Kind::unsupported, fmt::format("this machine cannot execute program '{}'", program),
                   "it was built for another architecture, or is a script without '#!'")
          .as(not_runnable, "wrong_format");
    case Failure::Program::other:
      if (failure.operation != nullptr && failure.operation->step == Step::execute)
        return Error(Kind::unsupported,
                     fmt::format("program '{}' cannot be executed: {}", program, std::strerror(failure.error)))
            .as(not_runnable, "not_executable");
      break;
  }
  if (failure.operation != nullptr && failure.operation->step == Step::network_namespace)
    return no_namespaces(failure.error);
  if (failure.operation != nullptr && is_required(plan.spec, failure.operation->wall))
    return {Kind::unsupported,
            fmt::format("required wall '{}' cannot be put up: {}: {}", wall_name(failure.operation->wall),
                        describe(*failure.operation), std::strerror(failure.error)),
            "'fnrun doctor' shows how to fix it; without --require it runs anyway"};
  const std::string what = failure.operation != nullptr ? describe(*failure.operation) : std::string(failure.step);
  const bool denied = failure.error == EPERM || failure.error == EACCES;
  return {denied ? Kind::unsupported : Kind::failure,
          fmt::format("cannot set up the sandbox: {}: {}", what, std::strerror(failure.error)),
          denied ? "'fnrun doctor' shows what this host allows and how to change it" : ""};
}

}  // namespace fn::sandbox
