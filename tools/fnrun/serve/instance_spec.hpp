// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/serve_options.hpp"
#include "function/assignment.hpp"
#include "oci/digest.hpp"
#include "state/store.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace fn::serve {

// What a call runs on: an instance started for another `key` is not suitable.
struct InstanceSpec {
  function::Assignment assignment;
  std::string key;
  oci::Digest image;                     // empty for a directory
  std::chrono::milliseconds keep_alive;  // 0: an instance for each call
};

// Determines for each call what it runs on. A function is looked up each time, since its settings may be changed and
// its image's tag moved at any time.
class InstanceSpecSource {
 public:
  explicit InstanceSpecSource(const run::ServeOptions& options);
  // Throws not_found if the function or its image is gone.
  std::shared_ptr<const InstanceSpec> next();

 private:
  const run::ServeOptions& options_;
  std::optional<state::Store> store_;  // for a function
  std::shared_ptr<const InstanceSpec> last_;
};

}  // namespace fn::serve
