// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/serve_options.hpp"
#include "function/assignment.hpp"
#include "oci/digest.hpp"
#include "serve/code_watch.hpp"
#include "state/store.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fn::serve {

// What a call runs on: an instance started for another `key` is not suitable.
struct InstanceSpec {
  function::Assignment assignment;
  std::string key;
  oci::Digest image;                     // empty for a directory
  std::chrono::milliseconds keep_alive;  // 0: an instance for each call
};

// Determines for each call what it runs on. A function is looked up each time, since its settings may be changed and
// its image's tag moved at any time; with --watch an image, too, and what is mounted from the host is watched, so that
// an instance that was started before a change has another key than the call.
class InstanceSpecSource {
 public:
  explicit InstanceSpecSource(const run::ServeOptions& options);
  // Throws not_found if the function or its image is gone.
  std::shared_ptr<const InstanceSpec> next();

  // Of what next() said last.
  const std::string& key() const { return last_->key; }
  // Sees what was watched and has changed; next() does so itself.
  void look_at_code();
  // Readable when something watched has changed; -1: nothing is watched.
  int watch_fd() const { return watch_ ? watch_->fd() : -1; }
  // When the changes so far are over, as it seems: files change in bursts.
  std::optional<std::chrono::steady_clock::time_point> settles_at() const;
  // What was changed since this was asked last, with --watch.
  std::optional<std::string> take_change();
  // Not everything can be watched: how many directories are.
  std::optional<std::size_t> take_shortage();

 private:
  std::shared_ptr<const InstanceSpec> look_up();
  void note_change(std::string what);
  void watch_sources(const function::Assignment& assignment);
  std::string key_for(const function::Assignment& assignment) const;

  const run::ServeOptions& options_;
  std::optional<state::Store> store_;  // for a function, and to see a tag move
  std::optional<CodeWatch> watch_;
  std::shared_ptr<const InstanceSpec> last_;
  std::vector<std::string> sources_;
  std::uint64_t edition_ = 0;  // of what is watched
  std::optional<std::string> changed_;
  std::chrono::steady_clock::time_point changed_at_;
  bool shortage_told_ = false;
};

}  // namespace fn::serve
