// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/assignment.hpp"
#include "lambda/api_server.hpp"
#include "sandbox/peer_check.hpp"
#include "supervisor/extension_programs.hpp"
#include "supervisor/protocol.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace fn::run {

// The Lambda Runtime API: the function is one process that asks for event after event.
class LambdaProtocol final : public Protocol, private lambda::Events {
 public:
  // All must outlive the object. `socket` listens on the host's network, and only the sandbox's own processes may
  // connect to it; without one, the constructor waits for the sandbox to hand over its listener. `output` takes what
  // extensions write. Throws what PeerCheck throws, and what keeps an extension from being started.
  LambdaProtocol(const function::Assignment& assignment, const function::Blueprint& blueprint,
                 const sandbox::Plan& plan, sandbox::Sandbox& sandbox, sys::Fd socket, int output, CallEvents& events);

  void watch(sys::PollSet& set) const override;
  void serve(const sys::PollSet& set) override;
  void invoke(Call call) override;
  bool is_delivered(const std::string& id) const override;
  bool is_at_rest() const override { return initialised_ && open_.empty(); }
  std::chrono::microseconds elapsed(const std::string& id) const override;
  call::Outcome outcome_of(const call::ProcessEnd& end) const override;
  void resume(std::chrono::steady_clock::duration paused) override;
  void signal(int number) override;
  void announce_end(std::chrono::milliseconds grace) override;
  std::chrono::milliseconds grace_of_extensions() const override;
  pid_t command_pid() const override { return sandbox_.command_pid_here(); }

 private:
  struct Open {
    sys::SteadyTime since{};  // time of delivery
    std::chrono::milliseconds timeout{0};
    bool delivered = false;
    bool answered = false;
    // Of a response that was cut off: when it counts as the runtime's error, and what is said then.
    std::optional<sys::SteadyTime> cut_counts_at{};
    call::Outcome cut{};
  };

  void init_done() override;
  void init_error(const std::string& extension, const lambda::ErrorReport& report) override;
  void delivered(const std::string& id) override;
  void response_started(const std::string& id, const lambda::ResponseHead& head) override;
  void response_chunk(const std::string& id, std::string_view bytes) override;
  void response_finished(const std::string& id) override;
  void function_error(const std::string& id, const lambda::ErrorReport& report) override;
  void timed_out(const std::string& id) override;
  void finished(const std::string& id) override;
  void extension_error(const std::string& extension, const lambda::ErrorReport& report) override;

  void answer(const std::string& id, const call::Outcome& outcome);
  void answer_cut_off(const std::string& id);
  void note_ended_extensions(const sys::PollSet& set);

  const function::Assignment& assignment_;
  sandbox::Sandbox& sandbox_;
  CallEvents& events_;
  bool initialised_ = false;
  std::map<std::string, Open> open_;
  std::optional<sandbox::PeerCheck> peers_;  // with the host's network
  std::unique_ptr<lambda::ApiServer> api_;   // none: the sandbox gave up before it listened
  std::optional<ExtensionPrograms> extensions_;
  bool ending_ = false;             // extensions may exit
  std::optional<int> last_signal_;  // for the runtime, once they have
};

}  // namespace fn::run
