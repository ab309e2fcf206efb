// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "function/assignment.hpp"
#include "function/limit_watch.hpp"
#include "function/port_relay.hpp"
#include "instance/instances.hpp"
#include "instance/log_file.hpp"
#include "routing/call_log.hpp"
#include "sandbox/sandbox.hpp"
#include "supervisor/connection.hpp"
#include "supervisor/debugged_time.hpp"
#include "supervisor/protocol.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fn::run {

// The supervisor process of an instance: serves its folder, sandbox and clients in one loop, and ends with it.
class Supervisor final : private CallEvents {
 public:
  // Starts the sandbox; from then on the instance is listed. Throws errors of the image or the host.
  explicit Supervisor(function::Assignment assignment);
  ~Supervisor() override;

  const std::string& id() const { return dir_.id(); }
  // Runs until the instance ends: stopped, idle for its keep-alive time, or broken.
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
    sys::SteadyTime kill_at;
  };

  // supervisor_requests.cpp: requests of clients.
  void take_requests(const std::shared_ptr<Connection>& client);
  void handle(const std::shared_ptr<Connection>& client, instance::Frame frame);
  void handle_invoke(const std::shared_ptr<Connection>& client, const std::string& payload);
  void handle_ready(const std::shared_ptr<Connection>& client);
  void handle_exec(Connection& client, const instance::Frame& frame);
  void handle_signal(const Connection& client, const std::string& payload);
  void pause();
  void resume();
  instance::Record current() const;
  void check_shell(Connection& client);

  // supervisor_start.cpp: the sandbox, and the second one of a call whose function failed to start.
  void start_sandbox();
  bool may_init_again(const Reason& reason) const;
  void note_failed_init(const Reason& reason);
  void init_again();
  void invoke_kept_call();

  // supervisor.cpp: the loop.
  void watch(sys::PollSet& set) const;
  void serve(const sys::PollSet& set);
  void serve_clients(const sys::PollSet& set);
  void open_ports(std::vector<function::Listener> listeners);
  void skip(Clock::duration time);
  void drain_output();
  void note_end();
  void check_times();
  void freeze_if_idle();
  void thaw();
  void begin_stop(std::chrono::milliseconds grace);
  bool has_shells() const;
  bool is_over() const;
  void refuse_late_requests();
  void finish();
  void save(bool now);
  instance::State state() const;
  void note_state();

  // What the protocol tells.
  std::shared_ptr<Connection> client_of(const std::string& call) const;
  void on_ready() override;
  void on_head(const std::string& id, const std::string& content_type, bool streaming) override;
  void on_chunk(const std::string& id, std::string_view bytes) override;
  void on_log(const std::string& id, std::string_view bytes) override;
  void on_result(const std::string& id, const call::Outcome& outcome, std::chrono::microseconds duration) override;
  void on_broken(Reason reason) override;

  void answer_broken(const std::shared_ptr<Connection>& client, const std::string& id);
  call::Result result_of(const std::string& id, const call::Outcome& outcome) const;
  void forget_call(const std::string& id);
  bool may_go_elsewhere(const std::string& id) const;
  void fail_pending();

  function::Assignment assignment_;
  function::Blueprint blueprint_;
  sys::Fd api_socket_;                         // of the Runtime API, with the host's network
  std::vector<function::Listener> listeners_;  // until the first sandbox is there
  sandbox::Plan plan_;
  std::chrono::milliseconds init_limit_;  // 0: none
  function::LimitWatch limits_;           // of memory alone: each call has a timeout of its own
  instance::InstanceDir dir_;
  instance::LogFile log_;
  sys::Fd control_;
  sys::Pipe output_;
  routing::CallLog call_log_;
  instance::Record record_;
  sys::SteadyTime started_ = Clock::now();
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::optional<function::PortRelay> relay_;   // of published ports, until the sandbox ends
  std::optional<DebuggedTime> debugged_time_;  // with a debugger
  std::unique_ptr<Protocol> protocol_;

  std::vector<std::shared_ptr<Connection>> clients_;
  std::vector<std::weak_ptr<Connection>> waiting_ready_;
  std::map<std::string, Pending> pending_;
  std::string early_output_;  // of the init phase, for the first caller
  std::optional<std::chrono::microseconds> init_;
  bool init_told_ = false;
  bool ready_ = false;
  std::optional<Call> kept_call_;  // that came before the runtime was ready, which a second init may still need
  bool init_failed_ = false;       // the second init is due
  std::optional<sys::SteadyTime> init_again_since_;  // within the call, as part of it
  bool end_seen_ = false;                            // of the sandbox
  std::optional<Reason> broken_;
  bool broken_told_ = false;
  std::optional<Stop> stop_;
  std::optional<sys::SteadyTime> paused_at_;
  bool frozen_ = false;         // by us, until something is to be done
  bool cannot_freeze_ = false;  // until the next call
  sys::SteadyTime idle_since_ = Clock::now();
  std::optional<sys::SteadyTime> save_at_;  // the record is not on disk yet
  std::uint64_t saved_in_flight_ = 0;       // of the record on disk
  bool is_listed_ = false;                  // a record is there
  bool cannot_save_ = false;                // the last try failed
};

}  // namespace fn::run
