// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "lambda/api_server.hpp"
#include "protocol.hpp"

#include <map>
#include <memory>
#include <string>

namespace fn::run {

// The Lambda Runtime API: the function is one process that asks for event after event.
class LambdaProtocol final : public Protocol, private lambda::Events {
 public:
  // All must outlive the object. Waits for the sandbox to hand over its listener.
  LambdaProtocol(const Assignment& assignment, const Blueprint& blueprint, sandbox::Sandbox& sandbox,
                 CallEvents& events);

  void watch(PollSet& set) const override;
  void serve(const PollSet& set) override;
  void invoke(Call call) override;
  lambda::Outcome outcome_of(const sandbox::End& end, bool out_of_memory) const override;
  void resume(std::chrono::steady_clock::duration paused) override;
  void signal(int number) override { sandbox_.signal(number); }
  void announce_end(std::chrono::milliseconds grace) override;
  pid_t command_pid() const override { return sandbox_.command_pid_here(); }

 private:
  struct Open {
    SteadyTime since{};  // it was delivered
    std::chrono::milliseconds timeout{0};
    bool answered = false;
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

  void answer(const std::string& id, const lambda::Outcome& outcome);

  const Assignment& assignment_;
  sandbox::Sandbox& sandbox_;
  CallEvents& events_;
  bool initialised_ = false;
  std::map<std::string, Open> open_;
  std::unique_ptr<lambda::ApiServer> api_;  // none: the sandbox gave up before it listened
};

}  // namespace fn::run
