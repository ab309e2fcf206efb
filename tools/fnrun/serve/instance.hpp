// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "guard.hpp"
#include "instance/client.hpp"
#include "work.hpp"

#include <memory>
#include <optional>
#include <string>

namespace fn::serve {

// A warm instance that is ours: a process fn-instance with its sandbox, and a connection to it. It ends with this
// object, and soon after this process however that ends.
class Instance {
 public:
  // Starts one. Throws what fn-instance says.
  static std::unique_ptr<Instance> start(const Work& work, Guard& guard);
  Instance(const Instance&) = delete;
  ~Instance();

  const std::string& id() const { return id_; }
  const std::string& key() const { return key_; }
  instance::Client& client() { return *client_; }
  // It ended by itself.
  bool is_gone() const;
  // For a second connection, by another thread.
  int folder() const { return folder_.get(); }

 private:
  Instance(Guard& guard, std::string id, std::string key);

  Guard& guard_;
  std::string id_;
  std::string key_;
  sys::Fd folder_;
  std::optional<instance::Client> client_;
};

}  // namespace fn::serve
