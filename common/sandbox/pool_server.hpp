// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/pool.hpp"
#include "sandbox/pool_stock.hpp"

#include <chrono>
#include <string>

namespace fn::sandbox {

// The one process that gives out the namespaces of a directory's pool: over its socket, to processes of the same user.
class PoolServer {
 public:
  // Makes the directory if it is missing, mode 0700. Throws busy if another process serves it, failure, and usage if
  // the directory isn't ours alone.
  explicit PoolServer(const std::string& directory);
  PoolServer(const PoolServer&) = delete;
  // Removes the socket.
  ~PoolServer();

  struct Settings {
    std::size_t size = 8;                   // ready namespaces of each kind
    std::chrono::milliseconds idle{60000};  // exits after this long without a request
  };
  // Serves until the idle time is over, a client stops it, or `stop_fd` is readable (-1: none).
  void serve(const Settings& settings, int stop_fd);

 private:
  bool answer(PoolStock& stock);
  void reply(int client, const PooledNamespaces* pooled, const PoolStock& stock) const;

  PoolDirectory directory_;
  sys::Fd listener_;
  sys::Fd last_;  // of the client that stopped us
  std::uint64_t given_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace fn::sandbox
