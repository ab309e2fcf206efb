// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "call_end.hpp"
#include "connection.hpp"
#include "instance/directory.hpp"
#include "instance/log_file.hpp"
#include "protocol.hpp"
#include "sandbox/sandbox.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// The one process that stands by an instance: holds its folder, its sandbox and its clients in one loop, and ends with
// it.
class Supervisor final : private CallEvents {
 public:
  // Starts the sandbox; from then on the instance can be seen. Throws what is wrong with the image or the host.
  explicit Supervisor(Assignment assignment);
  ~Supervisor() override;

  const std::string& id() const { return folder_.id(); }
  // Until the instance ends: told to, unused for its keep-alive time, or broken.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    std::weak_ptr<Connection> client;
    std::optional<std::chrono::milliseconds> timeout;
    bool details = false;
    std::chrono::system_clock::time_point at;
  };
  struct Stop {
    std::vector<std::weak_ptr<Connection>> clients;
    SteadyTime kill_at;
  };

  // requests.cpp: what clients ask for.
  void take_requests(const std::shared_ptr<Connection>& client);
  void handle(const std::shared_ptr<Connection>& client, instance::Frame frame);
  void handle_invoke(const std::shared_ptr<Connection>& client, const std::string& payload);
  void handle_ready(const std::shared_ptr<Connection>& client);
  void handle_exec(Connection& client, const instance::Frame& frame);
  void handle_signal(const Connection& client, const std::string& payload);
  void pause();
  void resume();
  instance::Record current() const;
  void check_guest(Connection& client);

  // supervisor.cpp: the loop.
  void watch(PollSet& set) const;
  void serve(const PollSet& set);
  void serve_clients(const PollSet& set);
  void drain_output();
  void note_end();
  void check_times();
  void begin_stop(std::chrono::milliseconds grace);
  bool is_over() const;
  void finish();
  void save(bool now);
  void set_state(instance::State state);

  // What the protocol tells.
  void on_ready() override;
  void on_head(const std::string& id, const std::string& content_type, bool streaming) override;
  void on_chunk(const std::string& id, std::string_view bytes) override;
  void on_log(const std::string& id, std::string_view bytes) override;
  void on_result(const std::string& id, const lambda::Outcome& outcome, std::chrono::microseconds duration) override;
  void on_broken(Reason reason) override;

  void answer_broken(const std::shared_ptr<Connection>& client, const std::string& id);
  instance::CallResult result_of(const std::string& id, const lambda::Outcome& outcome) const;
  void fail_pending();

  Assignment assignment_;
  Blueprint blueprint_;
  sandbox::Plan plan_;
  instance::Folder folder_;
  instance::LogFile log_;
  sys::Fd control_;
  sys::Pipe output_;
  routing::OutcomeLog outcomes_;
  instance::Record record_;
  SteadyTime started_ = Clock::now();
  std::optional<sandbox::Sandbox> sandbox_;
  std::unique_ptr<Protocol> protocol_;

  std::vector<std::shared_ptr<Connection>> clients_;
  std::vector<std::weak_ptr<Connection>> waiting_ready_;
  std::map<std::string, Pending> pending_;
  std::string early_output_;  // of the init phase, for the first caller
  std::optional<std::chrono::microseconds> init_;
  bool init_told_ = false;
  bool ready_ = false;
  bool end_seen_ = false;  // of the sandbox
  std::optional<Reason> broken_;
  bool broken_told_ = false;
  bool out_of_memory_ = false;  // found by looking
  std::optional<Stop> stop_;
  std::optional<SteadyTime> paused_at_;
  SteadyTime idle_since_ = Clock::now();
  std::optional<SteadyTime> dirty_since_;  // the record is not on disk yet
};

}  // namespace fn::run
