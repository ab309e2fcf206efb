// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/root.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fn::overlay {

// A layer directory that comes to be beside its place, NAME.making, and takes it in one step. What a killed process
// left there is taken over and emptied. Removed by the destructor without commit().
class StagedLayer {
 public:
  // `store` must outlive the object. Waits for another process that makes the same; nothing if the directory is there
  // then.
  static std::optional<StagedLayer> begin(int store, const std::string& name);
  StagedLayer(StagedLayer&& other) noexcept = default;
  StagedLayer& operator=(StagedLayer&&) = delete;
  ~StagedLayer();

  // Empty, 0755.
  sys::Root root() const { return sys::Root(dir_.duplicate()); }

  // syncfs, then the name, then fsync of `store`. Returns the directory, open, with a shared lock.
  sys::Fd commit();

 private:
  StagedLayer(int store, std::string name, sys::Fd dir) : store_(store), name_(std::move(name)), dir_(std::move(dir)) {}
  int store_;
  std::string name_;
  sys::Fd dir_;  // with an exclusive lock; none after commit()
};

}  // namespace fn::overlay
