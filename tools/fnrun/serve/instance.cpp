// SPDX-License-Identifier: Apache-2.0
#include "instance.hpp"

#include "instance/frame.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace fn::serve {
namespace {

constexpr Bytes max_line = 64 * KiB;
// For a runtime that has something to tidy up.
constexpr std::chrono::milliseconds grace{500};

std::vector<std::string> our_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

// Runs fn-instance until it has said its line, {"id"} or {"error"}.
Json launch(const run::Assignment& assignment) {
  const sys::Fd document(sys::check(memfd_create("assignment", MFD_CLOEXEC), "cannot make an assignment"));
  sys::write_full(document.get(), to_json(assignment).dump(), "assignment");
  sys::check(lseek(document.get(), 0, SEEK_SET), "cannot rewind an assignment");
  sys::Pipe line = sys::make_pipe();
  sys::Process process = sys::Process::spawn(
      {sys::helper_path("fn-instance")},
      {.stdin_fd = document.get(), .stdout_fd = line.write.get(), .environment = our_environment()});
  line.write.reset();
  process.wait();
  return Json::parse(sys::read_fd(line.read.get(), "answer of fn-instance", max_line), "answer of fn-instance",
                     fn::Kind::failure);
}

}  // namespace

Instance::Instance(Guard& guard, std::string id, std::string key)
    : guard_(guard), id_(std::move(id)), key_(std::move(key)) {
  guard_.add(id_);
}

std::unique_ptr<Instance> Instance::start(const Work& work, Guard& guard) {
  run::Assignment assignment = work.assignment;
  // We end it ourselves.
  assignment.keep_alive = std::chrono::milliseconds(0);
  const Json line = launch(assignment);
  if (const Json* error = line.find("error")) throw instance::decode_error(error->dump());
  std::unique_ptr<Instance> made(new Instance(guard, line.at("id").as_string(), work.key));
  made->folder_ = sys::open_file(assignment.where.home + "/run/" + made->id_, O_RDONLY | O_DIRECTORY);
  made->client_.emplace(made->folder_.get());
  return made;
}

Instance::~Instance() {
  try {
    if (client_) client_->stop(grace);
  } catch (const Error&) {
    // It is gone, or the guard sees to it.
    return;
  }
  guard_.remove(id_);
}

bool Instance::is_gone() const {
  pollfd watched{client_->fd(), POLLRDHUP, 0};
  return poll(&watched, 1, 0) > 0;
}

}  // namespace fn::serve
