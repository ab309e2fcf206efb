// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "assignment.hpp"
#include "oci/digest.hpp"
#include "serve_options.hpp"
#include "state/store.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace fn::serve {

// What a call runs on: an instance made for another `key` won't do.
struct Work {
  run::Assignment assignment;
  std::string key;
  oci::Digest image;                     // empty for a directory
  std::chrono::milliseconds keep_alive;  // 0: an instance for each call
};

// Says for each call what it runs on: of a function that is looked up anew, since its settings may be changed and its
// image's tag be moved at any time.
class Source {
 public:
  explicit Source(const run::ServeOptions& options);
  // Throws not_found if the function or its image is gone.
  std::shared_ptr<const Work> next();

 private:
  const run::ServeOptions& options_;
  std::optional<state::Store> store_;  // of a function
  std::shared_ptr<const Work> last_;
};

}  // namespace fn::serve
