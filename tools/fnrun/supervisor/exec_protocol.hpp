// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "call_streams.hpp"
#include "protocol.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fn::run {

// The sandbox stands there idle; each call is a program that is started in it, with the event on stdin and the response
// on stdout.
class ExecProtocol final : public Protocol {
 public:
  // All must outlive the object. Waits until the sandbox is up.
  ExecProtocol(const Assignment& assignment, const Blueprint& blueprint, const sandbox::Plan& plan,
               sandbox::Sandbox& sandbox, CallEvents& events);

  void watch(PollSet& set) const override;
  void serve(const PollSet& set) override;
  void invoke(Call call) override;
  lambda::Outcome outcome_of(const sandbox::End& end, bool out_of_memory) const override;
  void resume(std::chrono::steady_clock::duration paused) override;
  void signal(int number) override;
  void announce_end(std::chrono::milliseconds) override {}
  pid_t command_pid() const override;

 private:
  struct Running {
    Running(Call the_call, const sandbox::Plan& plan, const sandbox::Entry::Where& where);
    std::string id;
    std::optional<std::chrono::milliseconds> timeout;
    CallStreams streams;
    SteadyTime since = std::chrono::steady_clock::now();
    std::uint64_t oom_kills_before = 0;
    sandbox::Entry entry;
  };

  // False when the call is over.
  bool serve(Running& call, const PollSet& set);
  bool move_response(Running& call);
  void move_log(Running& call);
  bool check_end(Running& call);
  void finish(const Running& call, const lambda::Outcome& outcome);

  const Assignment& assignment_;
  sandbox::Sandbox& sandbox_;
  CallEvents& events_;
  sandbox::Plan entry_plan_;
  bool up_ = false;
  bool announced_ = false;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace fn::run
