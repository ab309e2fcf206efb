// SPDX-License-Identifier: Apache-2.0
#include "call_streams.hpp"

#include "sys/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace fn::run {
namespace {

constexpr std::size_t read_size = 64 * 1024;

// A file, so that nobody has to feed it while the function writes.
sys::Fd file_of(std::string_view event) {
  sys::Fd file(sys::check(memfd_create("event", MFD_CLOEXEC), "cannot make a file for the event"));
  sys::write_full(file.get(), event, "event");
  sys::check(lseek(file.get(), 0, SEEK_SET), "cannot rewind the event");
  return file;
}

}  // namespace

sys::Pipe make_output_pipe() {
  sys::Pipe pipe = sys::make_pipe();
  sys::check(fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK), "cannot set up a pipe");
  return pipe;
}

CallStreams::CallStreams(std::string_view event)
    : event_(file_of(event)), response_(make_output_pipe()), log_(make_output_pipe()) {}

void CallStreams::close_inside() {
  event_.reset();
  response_.write.reset();
  log_.write.reset();
}

CallStreams::Got CallStreams::read_response(std::string& bytes) {
  const Got got = read(response_.read, bytes);
  size_ += bytes.size();
  return got;
}

CallStreams::Got CallStreams::read(sys::Fd& fd, std::string& bytes) {
  bytes.clear();
  if (!fd) return Got::end;
  bytes.resize(read_size);
  ssize_t got = 0;
  while ((got = ::read(fd.get(), bytes.data(), bytes.size())) < 0 && errno == EINTR) continue;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got > 0) return Got::some;
  if (got < 0) return Got::nothing;
  fd.reset();  // or it would be ready for ever
  return Got::end;
}

}  // namespace fn::run
