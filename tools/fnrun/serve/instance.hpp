// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/client.hpp"
#include "instance/instances.hpp"
#include "serve/instance_guard.hpp"
#include "serve/instance_spec.hpp"

#include <memory>
#include <optional>
#include <string>

namespace fn::serve {

// A warm instance owned by this process: a process fn-instance with its sandbox, and a connection to it. It ends with
// this object, and soon after this process, however that ends.
class Instance {
 public:
  // Starts one. Throws the error that fn-instance reports.
  static std::unique_ptr<Instance> start(const InstanceSpec& spec, InstanceGuard& guard);
  Instance(const Instance&) = delete;
  ~Instance();

  const std::string& id() const { return id_; }
  const std::string& key() const { return key_; }
  instance::Client& client() { return *client_; }
  // It has ended, whoever ended it.
  bool is_gone() const;
  // By somebody else, with fnrun pause.
  bool is_paused() const;
  // For a second connection, by another thread.
  int dir() const { return dir_.get(); }

 private:
  Instance(instance::RunningInstance started, const InstanceSpec& spec, InstanceGuard& guard);

  InstanceGuard& guard_;
  std::string home_;
  std::string id_;
  std::string key_;
  sys::Fd dir_;
  std::optional<instance::Client> client_;
};

}  // namespace fn::serve
