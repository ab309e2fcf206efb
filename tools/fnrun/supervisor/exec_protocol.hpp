// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/assignment.hpp"
#include "function/call_streams.hpp"
#include "supervisor/protocol.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fn::run {

// The sandbox is idle; each call is a program that is started in it, with the event on stdin and the response on
// stdout.
class ExecProtocol final : public Protocol {
 public:
  // All must outlive the object. Waits until the sandbox is up.
  ExecProtocol(const function::Assignment& assignment, const function::Blueprint& blueprint, const sandbox::Plan& plan,
               sandbox::Sandbox& sandbox, CallEvents& events);

  void watch(sys::PollSet& set) const override;
  void serve(const sys::PollSet& set) override;
  void invoke(Call call) override;
  // A call is begun at once or not at all.
  bool is_delivered(const std::string&) const override { return true; }
  bool is_at_rest() const override { return announced_ && running_.empty(); }
  std::chrono::microseconds elapsed(const std::string& id) const override;
  call::Outcome outcome_of(const call::ProcessEnd& end) const override;
  void resume(std::chrono::steady_clock::duration paused) override;
  void signal(int number) override;
  void announce_end(std::chrono::milliseconds) override {}
  pid_t command_pid() const override;

 private:
  struct Running {
    Running(Call the_call, const sandbox::Plan& plan, const sandbox::ExecProcess::Target& target);
    std::string id;
    std::optional<std::chrono::milliseconds> timeout;
    function::CallStreams streams;
    sys::SteadyTime since = std::chrono::steady_clock::now();
    std::uint64_t oom_kills_before = 0;
    sandbox::ExecProcess process;
  };

  // False when the call is over.
  bool serve(Running& call, const sys::PollSet& set);
  bool move_response(Running& call);
  void move_log(Running& call);
  bool check_end(Running& call);
  void finish(const Running& call, const call::Outcome& outcome);
  call::Limits limits() const;

  const function::Assignment& assignment_;
  sandbox::Sandbox& sandbox_;
  CallEvents& events_;
  sandbox::Plan exec_plan_;
  bool up_ = false;
  bool announced_ = false;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace fn::run
