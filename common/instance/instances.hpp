// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/record.hpp"
#include "sys/fd.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::instance {

// The directory of one instance, held by its supervisor for as long as it lives: FN_HOME/run/ID with instance.json, the
// socket `control`, the function's output in `log` and `log.1`, and `lock`, which is locked (flock) exactly as long as
// the supervisor lives. The destructor removes the directory.
class InstanceDir {
 public:
  InstanceDir(InstanceDir&&) noexcept = default;
  InstanceDir& operator=(InstanceDir&&) = delete;
  ~InstanceDir();

  const std::string& id() const { return id_; }
  int fd() const { return dir_.get(); }
  // Replaces instance.json atomically; not synced, since no instance survives a power cut. Throws failure.
  void write(const Record& record) const;

 private:
  friend class Instances;
  InstanceDir() = default;
  std::string id_;
  sys::Fd run_;
  sys::Fd dir_;
  sys::Fd lock_;
};

// A running instance, as seen by other processes.
struct RunningInstance {
  Record record;
  sys::Fd dir;  // its directory
};

// All instances of a state: FN_HOME/run. The locks decide which of them run, so the answers are right after any crash.
class Instances {
 public:
  // `home` is FN_HOME. Opens nothing.
  explicit Instances(std::string home) : home_(std::move(home)) {}

  // A new instance's directory, with a random id. Throws failure.
  InstanceDir create() const;

  struct List {
    std::vector<RunningInstance> running;  // oldest first
    std::vector<std::string> dead;         // ids of instances whose supervisor left its folder behind
  };
  // Changes nothing.
  List list() const;
  // Removes the folders of dead instances where possible; their control groups may remain. Returns how many.
  std::size_t sweep(const std::vector<std::string>& dead) const;

  // The one with this id. Throws not_found if it is gone.
  RunningInstance get(const std::string& id) const;

  // Whether the supervisor of the instance whose directory this is still lives.
  static bool is_alive(int dir);

  // The one that `text` names: the beginning of an id (4 digits at least), or a function or reference that exactly one
  // instance belongs to. Throws not_found with did-you-mean, usage if several are meant.
  static RunningInstance find(std::vector<RunningInstance> running, std::string_view text);

 private:
  std::optional<RunningInstance> open(int run, const std::string& id) const;
  bool sweep_one(int run, const std::string& id) const;
  sys::Fd open_run() const;

  std::string home_;
};

// `text` can be an instance's id or the beginning of one.
bool looks_like_id(std::string_view text);

}  // namespace fn::instance
