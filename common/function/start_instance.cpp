// SPDX-License-Identifier: Apache-2.0
// The one way to start fn-instance. It gets its assignment as a file on fd 0, since an assignment may be larger than a
// pipe holds, and says one line on fd 1: the id of an instance that can be asked from then on, or the error that kept
// it from starting. It forks before that, so that the child that we wait for ends at once and the supervisor is
// nobody's: closing a terminal or the end of the caller doesn't reach it. Our environment goes along, for FN_LIBEXEC,
// TMPDIR and the `--env NAME` that mean values of the caller.
#include "function/start_instance.hpp"

#include "instance/frame.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace fn::function {
namespace {

constexpr Bytes max_answer = 64 * KiB;

// Runs fn-instance until it has said its line, {"id"} or {"error"}. It closes its side then, and the process that we
// started ends: the supervisor is a child of that one.
std::string launch(const Assignment& assignment) {
  const sys::Fd document = sys::document_fd(to_json(assignment).dump(), "assignment");
  sys::Pipe answer = sys::make_pipe();
  sys::Process::Options options;
  options.environment = sys::environment();
  options.stdin_fd = document.get();
  options.stdout_fd = answer.write.get();
  sys::Process helper = sys::Process::spawn({sys::helper_path("fn-instance")}, options);
  answer.write.reset();
  std::string line = sys::read_fd(answer.read.get(), "answer of fn-instance", max_answer);
  helper.wait();
  return line;
}

}  // namespace

instance::RunningInstance start_instance(const Assignment& assignment) {
  const std::string line = launch(assignment);
  if (line.empty()) fail(Kind::failure, "fn-instance exited without an answer");
  const Json answer = Json::parse(line, "answer of fn-instance", Kind::failure);
  if (const Json* error = answer.find("error")) throw instance::decode_error(error->dump());
  return instance::Instances(assignment.state.home).get(answer.at("id").as_string());
}

}  // namespace fn::function
