// SPDX-License-Identifier: Apache-2.0
#include "function/call_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace fn::function {
namespace {

constexpr std::size_t read_size = 64 * 1024;

}  // namespace

sys::Fd make_empty_input() {
  return std::move(sys::make_pipe().read);
}

sys::Pipe make_output_pipe() {
  sys::Pipe pipe = sys::make_pipe();
  sys::check(fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK), "cannot set up a pipe");
  return pipe;
}

CallStreams::CallStreams(sys::Fd event, Bytes max_response)
    : event_(std::move(event)), max_response_(max_response), response_(make_output_pipe()), log_(make_output_pipe()) {}

void CallStreams::close_inside() {
  event_.reset();
  response_.write.reset();
  log_.write.reset();
}

CallStreams::ReadResult CallStreams::read_response(std::string& bytes) {
  const ReadResult got = read(response_.read, bytes);
  size_ += bytes.size();
  return got;
}

CallStreams::ReadResult CallStreams::read(sys::Fd& fd, std::string& bytes) {
  bytes.clear();
  if (!fd) return ReadResult::end;
  bytes.resize(read_size);
  ssize_t got = 0;
  while ((got = ::read(fd.get(), bytes.data(), bytes.size())) < 0 && errno == EINTR) continue;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got > 0) return ReadResult::some;
  if (got < 0) return ReadResult::nothing;
  fd.reset();  // or it would be ready forever
  return ReadResult::end;
}

}  // namespace fn::function
